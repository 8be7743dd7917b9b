// Command dutyflow takes duty-performance records (履职数据) from Kafka or files, keeps them exactly once in an Iceberg
// lake, computes step durations, frequencies and completion rates, and writes the performance reports.
// `dutyflow --help` lists the commands; README.md tells the way through them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A limit on the size of files is a full disk to us: the write fails and is dealt with, the signal would end us first.
	signal.Ignore(syscall.SIGXFSZ)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal a second one ends the process at once: the lake stands every moment of death.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
