package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"os"

	"github.com/dutyflow/dutyflow/city"
)

// generator makes valid records of duty.step, the same for the file and for the broker.
func generator(records int64) (*city.Generator, error) {
	c := city.DefaultConfig()
	c.Records, c.WorkShare, c.InvalidShare = records, 0, 0
	return city.New(c)
}

// writeRecords writes the records as NDJSON, for DuckDB.
func writeRecords(_ context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("records", flag.ExitOnError)
	records := flags.Int64("records", 0, "how many")
	out := flags.String("out", "", "file to write")
	_ = flags.Parse(args) // exits on an error
	g, err := generator(*records)
	if err != nil {
		return err
	}
	f, err := os.Create(*out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for m := (city.Message{}); g.Next(&m); {
		if m.Topic != city.StepTopic {
			return errors.New("the generator made another record type")
		}
		if _, err := w.Write(append(m.Value, '\n')); err != nil {
			return err
		}
	}
	return w.Flush()
}
