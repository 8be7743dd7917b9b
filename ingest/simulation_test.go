package ingest_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/ingesttest"
)

// Whatever is produced, however often workers crash, are restarted, lose an answer or fight over partitions: each
// record is in the lake exactly once.
//
// DUTYFLOW_SIM_SEED repeats a seed that failed, DUTYFLOW_SIM_STEPS makes it longer.
func TestSimulation(t *testing.T) {
	seed, steps := uint64(time.Now().UnixNano()), 150
	if s := os.Getenv("DUTYFLOW_SIM_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("DUTYFLOW_SIM_STEPS"); s != "" {
		var err error
		if steps, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("DUTYFLOW_SIM_SEED=%d", seed)
	ingesttest.Simulate(t, seed, steps)
}
