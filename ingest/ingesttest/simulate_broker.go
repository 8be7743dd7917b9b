package ingesttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// SimulateBroker is Simulate's companion with the embedded broker, package kafka, sockets and real time. It produces,
// ingests, stops, crashes and restarts at random for some steps, with two workers that sometimes share the partitions
// and sometimes fight over them, on a lake that fails now and then. At the end a last worker catches up, and each
// record must be in the lake exactly once.
//
// The seed decides what is done; what the goroutines make of it differs from run to run.
func SimulateBroker(t testing.TB, seed uint64, steps int) {
	t.Helper()
	const partitions = 3
	s := &brokerSimulation{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)),
		broker:   NewBroker(t, partitions),
		lake:     warehousetest.New(t, ingest.Tables()),
		model:    NewModel(seed),
		progress: make(chan struct{}, 1),
	}
	for range steps {
		s.step()
	}
	for i := range s.workers {
		s.end(&s.workers[i], stop)
	}
	in := ingest.New(Config(), NewSource(t, SourceConfig(s.broker)), s.lake.Lake, ingest.Options{})
	if err := in.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.model.Require(t, s.lake)
	t.Logf("%d records, %d starts, %d crashes, %d faults, last worker found %d records",
		len(s.model.Made), s.starts, s.crashes, s.faults.Load(), in.Status().Records)
}

type brokerSimulation struct {
	t        testing.TB
	rng      *rand.Rand
	broker   *broker.Broker
	lake     *warehousetest.Lake
	model    *Model
	workers  [2]worker
	progress chan struct{} // something was read or committed

	starts, crashes int
	faults          atomic.Int64
}

// worker is one process, as far as the lake and the broker can tell.
type worker struct {
	cancel context.CancelFunc
	done   chan error
	lake   *warehouse.Lake
	src    *kafka.Source
	fate   *fate
}

// How a worker ends.
type ending int

const (
	stop     ending = iota // asked to, politely
	diesNow                // at whatever it is doing
	atWrite                // while it writes a file
	atCommit               // with all files written and the catalog not moved
	atAnswer               // with the commit landed and nobody told
)

func (s *brokerSimulation) step() {
	w := &s.workers[s.rng.IntN(len(s.workers))]
	switch n := s.rng.IntN(10); {
	case n < 3:
		s.model.Produce(s.t, s.broker, 1+s.rng.IntN(150))
	case n < 6 && w.cancel == nil:
		s.start(w)
	case n < 8:
		s.wait()
	case n < 9:
		s.end(w, stop)
	default:
		s.end(w, ending(1+s.rng.IntN(4)))
	}
}

// wait gives the workers a chance to get somewhere.
func (s *brokerSimulation) wait() {
	timer := time.NewTimer(30 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-s.progress:
	case <-timer.C:
	}
}

func (s *brokerSimulation) start(w *worker) {
	s.starts++
	w.fate = &fate{rng: rand.New(rand.NewPCG(s.rng.Uint64(), 2)), faults: &s.faults}
	cfg := s.lake.Config
	cfg.Faults = warehouse.Faults{
		Write:  func(string) error { return w.fate.meet(atWrite) },
		Commit: func(string) error { return w.fate.meet(atCommit) },
		Answer: func(string) error { return w.fate.meet(atAnswer) },
	}
	lake, err := warehouse.Open(context.Background(), cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	k := SourceConfig(s.broker)
	if s.rng.IntN(2) == 0 { // half the partitions; otherwise all, whoever else reads them
		k.Static = kafka.Static{Index: s.rng.IntN(2), Count: 2}
	}
	w.lake, w.src = lake, NewSource(s.t, k)
	in := Config()
	in.UntilCaughtUp = false
	in.BatchRows, in.BatchAge = 20+s.rng.IntN(200), 10*time.Millisecond
	in.MaxFailures, in.StopTimeout = 4, 300*time.Millisecond // a dead worker gives up soon
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel, w.done = cancel, make(chan error, 1)
	ingester := ingest.New(in, w.src, lake, ingest.Options{Progress: func(ingest.Status) {
		select {
		case s.progress <- struct{}{}:
		default:
		}
	}})
	done := w.done
	go func() { done <- ingester.Run(ctx) }() // ended by end
}

func (s *brokerSimulation) end(w *worker, how ending) {
	if w.cancel == nil {
		return
	}
	switch how {
	case stop:
	case diesNow:
		s.crashes++
		w.fate.die()
	default:
		s.crashes++
		w.fate.doom(how)
		s.wait() // it may get there, or be stopped on the way
		w.fate.die()
	}
	w.cancel()
	err := <-w.done
	// A dead worker says that it could not commit, a rival that it kept losing. Anything else is wrong.
	if err != nil && !errors.Is(err, warehousetest.ErrInjected) && !errors.Is(err, ingest.ErrRivals) && !errors.Is(err, ingest.ErrUnfinished) {
		s.t.Error(err)
	}
	if err := w.src.Close(); err != nil {
		s.t.Error(err)
	}
	_ = w.lake.Close()
	*w = worker{}
}

// fate decides what fails for one worker.
type fate struct {
	mu     sync.Mutex
	rng    *rand.Rand
	dead   bool
	doomed ending
	faults *atomic.Int64
}

func (f *fate) meet(at ending) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.doomed == at && f.doomed != stop {
		f.dead = true
	}
	if f.dead || f.rng.IntN(40) == 0 { // or just a bad moment, which heals
		f.faults.Add(1)
		return warehousetest.ErrInjected
	}
	return nil
}

func (f *fate) die() {
	f.mu.Lock()
	f.dead = true
	f.mu.Unlock()
}

func (f *fate) doom(at ending) {
	f.mu.Lock()
	f.doomed = at
	f.mu.Unlock()
}
