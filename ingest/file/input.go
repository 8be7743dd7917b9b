package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// The formats, as a mapping names them.
const (
	formatNDJSON = "ndjson"
	formatCSV    = "csv"
	formatXES    = "xes"
)

// input is an opened file, unpacked if it is gzip.
type input struct {
	path  string
	f     *os.File
	total int64
	count counter
	r     *bufio.Reader
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func openInput(path string) (*input, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	in := &input{path: path, f: f, count: counter{r: f}}
	if info, err := f.Stat(); err == nil {
		in.total = info.Size()
	}
	if err := in.unpack(); err != nil {
		f.Close()
		return nil, err
	}
	return in, nil
}

// unpack puts gzip away if the content begins as gzip does, whatever the name says.
func (in *input) unpack() error {
	raw := bufio.NewReaderSize(&in.count, 256<<10)
	head, err := raw.Peek(2)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read %s: %w", in.path, err)
	}
	switch {
	case len(head) == 0:
		return in.fail(ErrEmpty, 0, "there is nothing to load")
	case bytes.Equal(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(raw)
		if err != nil {
			return in.readError(err, 0)
		}
		in.r = bufio.NewReaderSize(z, 256<<10)
	case strings.HasSuffix(in.path, ".gz"):
		return in.fail(ErrNotGzip, 0, "its name ends in .gz but its content does not begin as gzip does; rename it, or get the file again")
	default:
		in.r = raw
	}
	return nil
}

// sniff tells the format from how the text begins.
func (in *input) sniff() (string, error) {
	head, err := in.r.Peek(4096)
	if err != nil && err != io.EOF {
		return "", in.readError(err, 0)
	}
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return "", in.fail(ErrEncoding, 0, "it is UTF-16; save it as UTF-8")
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	switch {
	case len(text) == 0 && len(head) < 4096:
		return "", in.fail(ErrEmpty, 0, "it holds blanks only")
	case len(text) > 0 && text[0] == '<':
		return formatXES, nil
	case len(text) > 0 && text[0] == '{':
		return formatNDJSON, nil
	}
	return formatCSV, nil
}

func (in *input) progress() (read, total int64) { return min(in.count.n, in.total), in.total }

func (in *input) Close() error { return in.f.Close() }

// fail makes an error about this file.
func (in *input) fail(kind error, line int64, detail string) error {
	return &Error{Kind: kind, Path: in.path, Line: line, Detail: detail}
}

// readError says what an error of reading means; io.EOF stays itself.
func (in *input) readError(err error, line int64) error {
	switch {
	case errors.Is(err, io.EOF):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Kind: ErrTruncated, Path: in.path, Line: line, Cause: err,
			Detail: fmt.Sprintf("the gzip stream ends before its end, at byte %d of the file; get the file again", in.count.n)}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return &Error{Kind: ErrFormat, Path: in.path, Cause: err,
			Detail: "the gzip stream is damaged: " + err.Error() + "; get the file again"}
	}
	return fmt.Errorf("read %s: %w", in.path, err)
}
