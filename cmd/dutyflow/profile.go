package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// profiled runs f and writes a CPU profile of it to path; empty: just runs it. What f starts counts as fetching until
// the ingester says otherwise: the connections to the brokers are opened before it runs, and go on reading for it.
func profiled(path string, f func() error) error {
	if path == "" {
		return f()
	}
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write CPU profile %s: %w; choose a file that can be written", path, errors.Unwrap(err))
	}
	if err := pprof.StartCPUProfile(out); err != nil {
		_ = out.Close()
		return fmt.Errorf("write CPU profile %s: %w", path, err)
	}
	pprof.Do(context.Background(), pprof.Labels("stage", "fetch"), func(context.Context) { err = f() })
	pprof.StopCPUProfile()
	if closed := out.Close(); closed != nil && err == nil {
		err = fmt.Errorf("write CPU profile %s: %w", path, closed)
	}
	return err
}
