package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// stages is the processor time of each stage, out of a profile.
type stages map[string]time.Duration

// byFunction tells apart what runs under one label, or under none. The first that is on the stack decides, from the
// innermost frame outwards.
var byFunction = []struct{ function, stage string }{
	{"runtime.gcBgMarkWorker", "garbage collection"},
	{"runtime.bgsweep", "garbage collection"},
	{"runtime.gcAssistAlloc", "garbage collection"},
	{"warehouse.(*batch).order", "sort"},
	{"warehouse.encode", "encode"},
	{"ingest.(*rowBuilder)", "build"},
	{"ingest.(*rejectBuilder)", "build"},
	{"runtime.main", "start and end"},
}

// readStages sums a processor profile by the label "stage" that ingest sets, and scales it to the time that the
// operating system counted: the profiler samples.
func readStages(file string, total time.Duration) (stages, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("read profile %s: %w", file, err)
	}
	sum, all := map[string]int64{}, int64(0)
	for _, s := range p.Sample {
		n := s.Value[len(s.Value)-1]
		sum[stageOf(s)] += n
		all += n
	}
	out := stages{}
	for name, n := range sum {
		out[name] = time.Duration(float64(n) / float64(all) * float64(total))
	}
	return out, nil
}

func stageOf(s *profile.Sample) string {
	for _, known := range byFunction {
		for _, l := range s.Location {
			for _, line := range l.Line {
				if strings.Contains(line.Function.Name, known.function) {
					return known.stage
				}
			}
		}
	}
	if label := s.Label["stage"]; len(label) > 0 {
		return label[0]
	}
	return "runtime and network"
}

// names lists the stages, the dearest first.
func (s stages) names() []string {
	return slices.SortedFunc(maps.Keys(s), func(a, b string) int { return int(s[b] - s[a]) })
}
