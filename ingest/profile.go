package ingest

import (
	"context"
	"runtime/pprof"
)

// The stages of a run as a CPU profile tells them apart: samples carry the label "stage". Goroutines inherit it, so what
// a Kafka client does behind a fetch counts as fetching. Labels are set where a goroutine changes what it does, never
// per record: building the columns is part of decode, and sorting part of encode. Their functions tell those apart:
// rowBuilder and rejectBuilder build, order sorts.
const (
	stageFetch  = "fetch"
	stageDecode = "decode"
	stageEncode = "encode"
	stageCommit = "commit"
)

// labelled runs f with its stage on the samples of a CPU profile.
func labelled(ctx context.Context, stage string, f func(context.Context) error) (err error) {
	pprof.Do(ctx, pprof.Labels("stage", stage), func(ctx context.Context) { err = f(ctx) })
	return err
}
