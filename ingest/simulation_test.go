package ingest_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/ingesttest"
)

// Whatever is produced, however often workers crash, lose an answer, are slow or keep partitions that are not theirs any
// more: each offset is in the lake exactly once. A seed decides everything that happens: the same one does it again.
//
// SEED repeats a seed that failed, STEPS makes it longer: make sim STEPS=20000 SEED=7.
func TestSimulation(t *testing.T) {
	seed, steps := simulated(t, 400)
	begin := time.Now()
	ingesttest.Simulate(t, seed, steps)
	t.Logf("%d steps in %s", steps, time.Since(begin).Round(time.Millisecond))
}

// A seed that failed must fail again: the same seed does the same, step by step.
func TestSimulation_IsRepeatable(t *testing.T) {
	seed, steps := simulated(t, 200)
	first := ingesttest.Simulate(t, seed, min(steps, 1000))
	second := ingesttest.Simulate(t, seed, min(steps, 1000))
	for i := range min(len(first), len(second)) {
		if first[i] != second[i] {
			t.Fatalf("after\n  %s\nthe first time: %s\nthe second time: %s", strings.Join(first[max(0, i-20):i], "\n  "), first[i], second[i])
		}
	}
}

// The same holds with the embedded broker, the real client and the real clock, where the seed does not decide what the
// goroutines make of it.
func TestSimulation_Broker(t *testing.T) {
	seed, steps := simulated(t, 150)
	ingesttest.SimulateBroker(t, seed, min(steps, 1000))
}

// simulated reads which seed and how many steps, and says so.
func simulated(t *testing.T, steps int) (uint64, int) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	for name, set := range map[string]func(uint64){
		"SEED":  func(n uint64) { seed = n },
		"STEPS": func(n uint64) { steps = int(n) },
	} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		set(n)
	}
	t.Logf("SEED=%d STEPS=%d", seed, steps)
	return seed, steps
}
