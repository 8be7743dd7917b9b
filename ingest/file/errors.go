package file

import (
	"errors"
	"fmt"
)

// What can be wrong with a file or a mapping. Test with errors.Is; the error itself says where and what to do.
var (
	ErrNotGzip      = errors.New("not gzip")                // named .gz, but the content is something else
	ErrTruncated    = errors.New("breaks off")              // the file ends in the middle of something
	ErrEmpty        = errors.New("is empty")                // there is no byte to read
	ErrDirectory    = errors.New("is a directory")          // a file is wanted
	ErrNeedsMapping = errors.New("needs a mapping")         // a CSV file says nothing about what its columns mean
	ErrFormat       = errors.New("is malformed")            // not the format that it should be
	ErrMapping      = errors.New("is no mapping")           // the mapping file is wrong by itself
	ErrColumn       = errors.New("has not all the columns") // the mapping names a column that the file has not
	ErrEncoding     = errors.New("is not encoded in UTF-8") // another encoding was declared or recognised
)

// Error is a problem with a file or a mapping, told in one line.
type Error struct {
	Kind   error // one of the sentinels
	Path   string
	Line   int64  // 0: the file as a whole
	Detail string // what is wrong and what to do
	Cause  error
}

func (e *Error) Error() string {
	where := e.Path
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.Path, e.Line)
	}
	text := fmt.Sprintf("read %s: %v", where, e.Kind)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}
