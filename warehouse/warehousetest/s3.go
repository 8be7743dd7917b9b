package warehousetest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/dutyflow/dutyflow/warehouse"
)

// OnS3 keeps the files of the lake in an S3-compatible server of this process, which ends with the test. The catalog
// stays where it was.
func OnS3(t testing.TB) Option {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("lake"); err != nil {
		t.Fatalf("create bucket: %v", err)
	}
	server := httptest.NewServer(unchunked(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "duty")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of-the-test")
	return func(c *warehouse.Config) {
		c.Location = "s3://lake/city"
		c.S3.Endpoint, c.S3.Region, c.S3.PathStyle = server.URL, "us-east-1", true
	}
}

// unchunked takes the signatures out of a body that was signed piece by piece, as clients do without TLS. The server
// does that for a whole object and forgets it for the parts of one.
func unchunked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Content-Sha256") == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" {
			size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
			r.Header.Set("Content-Length", fmt.Sprint(size))
			r.ContentLength = size
			r.Body = io.NopCloser(&pieces{in: bufio.NewReader(r.Body)})
		}
		next.ServeHTTP(w, r)
	})
}

// pieces reads a body of the form: size in hex;chunk-signature=...\r\n, so many bytes, \r\n, again, until the size is 0.
type pieces struct {
	in   *bufio.Reader
	left int64 // of the piece under way
	any  bool  // a piece was begun
}

func (p *pieces) Read(into []byte) (int, error) {
	if p.left == 0 {
		if p.any {
			if _, err := p.in.Discard(len("\r\n")); err != nil {
				return 0, err
			}
		}
		line, err := p.in.ReadString('\n')
		if err != nil {
			return 0, err
		}
		if _, err := fmt.Sscanf(line, "%x;", &p.left); err != nil {
			return 0, fmt.Errorf("read piece %q: %w", line, err)
		}
		if p.any = true; p.left == 0 {
			return 0, io.EOF
		}
	}
	n, err := p.in.Read(into[:min(int64(len(into)), p.left)])
	p.left -= int64(n)
	return n, err
}
