package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// xmlReader reads the tags of an XML document in order. It knows what XES needs of XML: elements, attributes,
// comments, processing instructions, the five entities and character references. It is several times as fast as
// encoding/xml, and it checks what a damaged file breaks: tags that do not match, quotes that do not close, an early end.
type xmlReader struct {
	in    *input
	line  int64
	buf   []byte
	names map[string]string // names and keys seen, so that each is one string
	open  []string
	tag   tag
}

// tag is one start tag, or an end tag. XES says all in the attributes key, value and scope.
type tag struct {
	name       string
	end        bool // </name>
	empty      bool // <name/>
	key, value string
}

func newXML(in *input) *xmlReader {
	return &xmlReader{in: in, line: 1, names: map[string]string{}}
}

func (x *xmlReader) intern(b []byte) string {
	if s, ok := x.names[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(x.names) < 10_000 { // keys are few; if a file makes them up, memory must not follow it
		x.names[s] = s
	}
	return s
}

func (x *xmlReader) bad(format string, args ...any) error {
	return x.in.fail(ErrFormat, x.line, fmt.Sprintf(format, args...)+"; the XML is broken there")
}

func (x *xmlReader) readByte() (byte, error) {
	c, err := x.in.r.ReadByte()
	if c == '\n' && err == nil {
		x.line++
	}
	return c, err
}

// ended says what it means that there is nothing more to read.
func (x *xmlReader) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return x.in.readError(err, x.line)
	}
	if len(x.open) == 0 {
		return io.EOF
	}
	return x.in.fail(ErrTruncated, x.line, fmt.Sprintf("the file ends inside <%s>; get the file again", x.open[len(x.open)-1]))
}

// next reads up to and with the next tag. io.EOF comes only when all elements are closed.
func (x *xmlReader) next() (*tag, error) {
	for {
		if err := x.skipTo('<'); err != nil {
			return nil, err
		}
		c, err := x.readByte()
		if err != nil {
			return nil, x.inTag(err)
		}
		switch c {
		case '!':
			err = x.skipMarkup()
		case '?':
			err = x.instruction()
		default:
			return &x.tag, x.readTag(c)
		}
		if err != nil {
			return nil, err
		}
	}
}

func (x *xmlReader) skipTo(stop byte) error {
	for {
		part, err := x.in.r.ReadSlice(stop)
		x.line += int64(bytes.Count(part, []byte{'\n'}))
		if err == nil {
			return nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return x.ended(err)
		}
	}
}

func (x *xmlReader) inTag(err error) error {
	if errors.Is(err, io.EOF) {
		return x.in.fail(ErrTruncated, x.line, "the file ends inside a tag; get the file again")
	}
	return x.in.readError(err, x.line)
}

// until reads up to and with a text and returns what was before it.
func (x *xmlReader) until(stop string) ([]byte, error) {
	x.buf = x.buf[:0]
	for {
		c, err := x.readByte()
		if err != nil {
			return nil, x.inTag(err)
		}
		x.buf = append(x.buf, c)
		if c == stop[len(stop)-1] && bytes.HasSuffix(x.buf, []byte(stop)) {
			return x.buf[:len(x.buf)-len(stop)], nil
		}
		if len(x.buf) > maxMessage {
			return nil, x.bad("no %q within 8 MiB", stop)
		}
	}
}

// skipMarkup skips a comment, a CDATA section or a DOCTYPE without internal subset; all mean nothing in XES.
func (x *xmlReader) skipMarkup() error {
	head, err := x.in.r.Peek(2)
	switch {
	case err == nil && string(head) == "--":
		_, err = x.until("-->")
	case err == nil && head[0] == '[':
		_, err = x.until("]]>")
	default:
		var text []byte
		if text, err = x.until(">"); err == nil && bytes.IndexByte(text, '[') >= 0 {
			return x.bad("a DOCTYPE with declarations is not supported")
		}
	}
	return err
}

func (x *xmlReader) instruction() error {
	text, err := x.until("?>")
	if err != nil || !bytes.HasPrefix(text, []byte("xml ")) {
		return err
	}
	_, encoding, declared := strings.Cut(string(text), "encoding=")
	if !declared || len(encoding) < 2 {
		return nil
	}
	encoding, _, _ = strings.Cut(encoding[1:], encoding[:1])
	if e := strings.ToLower(encoding); e != "utf-8" && e != "utf8" && e != "us-ascii" {
		return x.in.fail(ErrEncoding, x.line, fmt.Sprintf("it declares %s; convert it to UTF-8", encoding))
	}
	return nil
}

// readTag reads a tag whose first character after "<" is c.
func (x *xmlReader) readTag(c byte) error {
	b := append(x.buf[:0], c)
	quote := byte(0)
	for done := false; !done; {
		part, err := x.in.r.ReadSlice('>')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			x.line += int64(bytes.Count(part, []byte{'\n'}))
			return x.inTag(err)
		}
		for _, c := range part {
			switch {
			case c == '\n':
				x.line++
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			case c == '<':
				return x.bad("a tag holds <")
			}
		}
		if done = err == nil && quote == 0; done { // a > inside quotes is a character
			part = part[:len(part)-1]
		}
		if b = append(b, part...); len(b) > maxMessage {
			return x.bad("a tag is longer than 8 MiB")
		}
	}
	x.buf = b
	x.tag = tag{}
	t := &x.tag
	if b[0] == '/' {
		t.end = true
		t.name = x.intern(bytes.TrimSpace(b[1:]))
		if len(x.open) == 0 || x.open[len(x.open)-1] != t.name {
			return x.bad("</%s> closes what is not open", t.name)
		}
		x.open = x.open[:len(x.open)-1]
		return nil
	}
	if b[len(b)-1] == '/' {
		t.empty = true
		b = b[:len(b)-1]
	}
	n := bytes.IndexAny(b, " \t\r\n")
	if n < 0 {
		n = len(b)
	}
	t.name = x.intern(b[:n])
	if t.name == "" {
		return x.bad("a tag has no name")
	}
	if !t.empty {
		x.open = append(x.open, t.name)
	}
	return x.attributes(b[n:])
}

func (x *xmlReader) attributes(b []byte) error {
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		if len(b) == 0 {
			return nil
		}
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return x.bad("an attribute of <%s> has no value", x.tag.name)
		}
		name := bytes.TrimSpace(b[:eq])
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return x.bad("a value in <%s> is not quoted", x.tag.name)
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return x.bad("a quote in <%s> is not closed", x.tag.name)
		}
		raw := b[1 : end+1]
		b = b[end+2:]
		switch string(name) {
		case "key":
			text, err := x.text(raw)
			if err != nil {
				return err
			}
			x.tag.key = x.intern(text)
		case "value":
			text, err := x.text(raw)
			if err != nil {
				return err
			}
			x.tag.value = string(text)
		}
	}
}

// text resolves references, and makes blanks of line ends and tabs, as XML wants it in attributes.
func (x *xmlReader) text(raw []byte) ([]byte, error) {
	if !bytes.ContainsAny(raw, "&\n\r\t") {
		return raw, nil
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				continue
			}
			out = append(out, ' ')
		case '\n', '\t':
			out = append(out, ' ')
		case '&':
			n := bytes.IndexByte(raw[i:], ';')
			if n < 0 {
				return nil, x.bad("& begins no entity")
			}
			r, ok := entity(string(raw[i+1 : i+n]))
			if !ok {
				return nil, x.bad("entity &%.20s; is unknown", raw[i+1:i+n])
			}
			out = append(out, string(r)...)
			i += n
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, base := "", 10
	if rest, ok := strings.CutPrefix(name, "#x"); ok {
		digits, base = rest, 16
	} else if digits, ok = strings.CutPrefix(name, "#"); !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || n == 0 || n > 0x10ffff || n >= 0xd800 && n <= 0xdfff {
		return 0, false
	}
	return rune(n), true
}

// skip reads past the element whose start tag was the last one.
func (x *xmlReader) skip() error {
	if x.tag.empty {
		return nil
	}
	for depth := len(x.open); len(x.open) >= depth; {
		if _, err := x.next(); err != nil {
			return err
		}
	}
	return nil
}
