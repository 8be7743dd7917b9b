package kafka

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// said is a connection to a broker that gives one answer whatever it is asked.
type said struct{ io.Reader }

func (said) Write(p []byte) (int, error) { return len(p), nil }

// An answer of an impossible size, or to another request, is a fault of the connection: it may heal, and neither blames
// a batch nor the limit on batches. A size beyond the limit blames the limit.
func TestExchange_AnswerThatIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		size, id uint32
		says     string
		large    bool
	}{
		"negative":        {1 << 31, 7, "bytes", false},
		"nothing":         {0, 7, "0 bytes", false},
		"less than an id": {3, 7, "3 bytes", false},
		"another request": {8, 6, "request 6, not to 7", false},
		"too large":       {1001, 7, "1001 bytes", true},
	} {
		t.Run(name, func(t *testing.T) {
			answer := binary.BigEndian.AppendUint32(nil, c.size)
			answer = append(binary.BigEndian.AppendUint32(answer, c.id), 0, 0, 0, 0)
			e := &exchange{topic: "t", version: maxFetchVersion, limit: 1000, id: 7}
			_, err := e.RawExchange(said{bytes.NewReader(answer)})
			if err == nil || errors.Is(err, errTooLarge) != c.large || errors.Is(err, errDamaged) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("err = %v", err)
			}
		})
	}
}

// What is kept of an answer until the next fetch takes about its own size, and is counted by the chunk that points into
// it.
func TestAnswer_RestIsSmall(t *testing.T) {
	body := make([]byte, 100, 1000)
	for name, a := range map[string]*answer{
		"the body is a chunk's": {batches: body[90:]},
		"the body is large":     {batches: body[90:], body: body},
	} {
		t.Run(name, func(t *testing.T) {
			a.shrink()
			if len(a.batches) != 10 || len(a.body) != 10 || cap(a.body) > 64 {
				t.Fatalf("%d bytes of %d are kept in %d", len(a.batches), 10, cap(a.body))
			}
			b := new(buffer)
			b.hold(a)
			if b.bytes() != 10 {
				t.Fatalf("%d bytes are counted", b.bytes())
			}
		})
	}
}
