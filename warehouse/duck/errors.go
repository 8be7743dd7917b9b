package duck

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
)

var (
	// ErrNoDatabase is returned by Open for a read-only database that does not exist.
	ErrNoDatabase = errors.New("no such database")
	// ErrOtherSettings is returned by Open for a file that this process has open already in another way.
	ErrOtherSettings = errors.New("the settings of an open database cannot change")
	// ErrNotSelect is returned by Query and Export of a confined session for anything but one SELECT.
	ErrNotSelect = errors.New("only one SELECT can be run here")
	// ErrBadFormat is returned by Write for a format that it does not know.
	ErrBadFormat = errors.New("unknown format")
)

// Classify gives an error of the storage the kind that the lake's own have. DuckDB passes on what the operating system
// said in words alone, so here, and nowhere else, the words are looked at.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	for _, kind := range []struct {
		err   error
		words []string
		mend  string
	}{
		{warehouse.ErrDiskFull, []string{"No space left on device", "File too large", "Disk quota exceeded"}, "free some space and run the command again"},
		{warehouse.ErrNotWritable, []string{"Permission denied", "Read-only file system"}, "let this user write there, or choose another directory"},
	} {
		for _, words := range kind.words {
			if strings.Contains(said, words) {
				return fmt.Errorf("%w: %w; %s", kind.err, err, kind.mend)
			}
		}
	}
	return err
}
