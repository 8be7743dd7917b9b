package file

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Record is one message of a file.
type Record struct {
	Topic string // the contract's name, e.g. duty.step
	Key   []byte // the entity id; empty when the row has none
	Value []byte // JSON; bytes of a row that could not be taken apart are passed on as they are
	// Pos is where it comes from: the line of an NDJSON or CSV file on which it begins, the ordinal of a XES event in the
	// file, both from 1. The messages of a XES trace as a whole have the ordinal of its first event.
	Pos int64
}

// Reader hands out the messages of a file in order. It is not safe for concurrent use.
type Reader interface {
	// Next reads the next message into rec, which is valid until the call after it. It returns io.EOF at the end,
	// and after any other error the same error again.
	Next(rec *Record) error
	// Progress reports how many bytes of the file, as it is on disk, have been read, and how many there are.
	Progress() (read, total int64)
	Close() error
}

// Open opens a file. The mapping says what its columns or attributes mean; without one, NDJSON holds the messages
// themselves, XES is read by its standard attributes, and CSV is ErrNeedsMapping.
func Open(path string, m *Mapping) (Reader, error) {
	return OpenAs(path, path, m)
}

// OpenAs is Open for a file that was first seen under another name: without a mapping the name of a XES file becomes
// the source and process of its records, and reading it again must give the same.
func OpenAs(path, name string, m *Mapping) (Reader, error) {
	in, err := openInput(path)
	if err != nil {
		return nil, err
	}
	r, err := newReader(in, stem(name), m)
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return r, nil
}

func newReader(in *input, name string, m *Mapping) (Reader, error) {
	format, err := in.sniff()
	if err != nil {
		return nil, err
	}
	if m != nil && m.Format != format && !(m.Format == formatCSV && format != formatXES) {
		return nil, in.fail(ErrFormat, 0, fmt.Sprintf("mapping %s is for %s, the content looks like %s", m.path, m.Format, format))
	}
	switch {
	case m == nil && format == formatNDJSON:
		return &messages{in: in, lines: newLines(in), contract: record.Contracts()[0]}, nil
	case m == nil && format == formatXES:
		return newMapped(in, xesDefaults(shorten(name, maxSource)), name)
	case m == nil:
		return nil, in.fail(ErrNeedsMapping, 0, "its columns can mean anything; write one as in examples/mappings and name it with --mapping")
	}
	return newMapped(in, m, name)
}

// stem is a file's name without directories and without the extensions that only say how it is stored.
func stem(path string) string {
	name := filepath.Base(path)
	for _, ext := range []string{".gz", ".xes", ".csv", ".ndjson", ".jsonl", ".json"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// maxSource is the length of source in every contract: a long file name must not reject the whole file.
const maxSource = 64

func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// LoadID is the identity of a load: the SHA-256, in hex, over the bytes of the file, of the mapping and the version of the
// contracts. Loading the same again is the same load; another mapping of the same file is another one.
func LoadID(path string, mapping []byte, contractVersion string) (string, error) {
	f, err := openFile(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content := sha256.New()
	if _, err := io.Copy(content, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	// The parts are hashed by themselves first, so that no byte can move from one to the next.
	id := sha256.New()
	id.Write([]byte("dutyflow load 1\n"))
	id.Write(content.Sum(nil))
	part := sha256.Sum256(mapping)
	id.Write(part[:])
	id.Write([]byte(contractVersion))
	return hex.EncodeToString(id.Sum(nil)), nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err // names the operation, the path and the cause
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &Error{Kind: ErrDirectory, Path: path, Detail: "name a file in it"}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// messages reads NDJSON whose lines are messages already.
type messages struct {
	in       *input
	lines    *lines
	contract *record.Contract // of the last line that told, for the lines that do not
	err      error
}

func (r *messages) Next(rec *Record) error {
	if r.err != nil {
		return r.err
	}
	line, pos, err := r.lines.next()
	if err != nil {
		r.err = err
		return err
	}
	if c, ok := record.Identify(line); ok {
		r.contract = c
	}
	rec.Topic, rec.Value, rec.Pos = r.contract.Name, line, pos
	rec.Key = append(rec.Key[:0], record.EntityID(line, r.contract)...)
	return nil
}

func (r *messages) Progress() (read, total int64) { return r.in.progress() }
func (r *messages) Close() error                  { return r.in.Close() }

// maxMessage bounds a line and a message: a broken file without line ends must not fill the memory, and what is larger
// than this does not pass through a broker. The contracts accept no message that is nearly as large.
const maxMessage = 8 << 20

// lines reads lines with their numbers, leaving out empty ones.
type lines struct {
	in  *input
	r   *bufio.Reader
	buf []byte
	n   int64
}

func newLines(in *input) *lines { return &lines{in: in, r: in.r} }

func (l *lines) next() ([]byte, int64, error) {
	for {
		line, err := l.one()
		if err != nil {
			return nil, 0, err
		}
		l.n++
		if l.n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimRight(line, "\r\n"); len(bytes.TrimSpace(line)) > 0 {
			return line, l.n, nil
		}
	}
}

func (l *lines) one() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	l.buf = append(l.buf[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		l.buf = append(l.buf, line...)
		if len(l.buf) > maxMessage {
			return nil, l.in.fail(ErrFormat, l.n+1, "the line is longer than 8 MiB; NDJSON has one JSON object on each line")
		}
	}
	if err == io.EOF && len(l.buf) > 0 {
		return l.buf, nil
	}
	if err != nil {
		return nil, l.in.readError(err, l.n+1)
	}
	return l.buf, nil
}
