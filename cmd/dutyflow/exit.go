package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
)

// The exit codes are an interface: scripts and schedulers decide by them.
const (
	exitDone        = 0   // what was asked for is done
	exitFailed      = 1   // it is not, and the message says why
	exitUsage       = 2   // the command line, the configuration or a mapping is wrong; nothing was touched
	exitBusy        = 3   // another process is at work in the directory
	exitInterrupted = 130 // stopped by a signal before it was done
)

// usageError marks what the person at the keyboard can mend in the command line or the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// finish prints err as one line and returns the exit code that stands for it.
func finish(err error, stderr io.Writer) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "dutyflow: %s\n", oneLine(err))
	var usage usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, warehouse.ErrLocked):
		return exitBusy
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	default:
		return exitFailed
	}
}

// oneLine folds a message that libraries spread over several lines, because logs and mails are read by the line.
func oneLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped by a signal; run the same command again to go on where it stopped"
	}
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "; ")
}
