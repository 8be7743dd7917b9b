package ingesttest

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// simWorker is one process, as far as the lake and the log can tell.
type simWorker struct {
	id       int
	src      *Source
	lake     *warehouse.Lake
	ingester *ingest.Ingester
	stop     context.CancelFunc
	done     chan error
	dead     atomic.Bool // whatever it does fails
	stopping bool
	parts    []warehouse.Partition
}

// Workers at most. Three are enough for a zombie, its successor and a rival.
const maxWorkers = 3

// gate holds a worker up until a step lets it go on. A dead one goes nowhere.
func (w *world) gate(ctx context.Context, id int, dead *atomic.Bool, kind, what string) error {
	if dead.Load() {
		return warehousetest.ErrInjected
	}
	g := &gate{worker: id, kind: kind, what: what, answer: make(chan error, 1)}
	w.mu.Lock()
	w.gates = append(w.gates, g)
	w.mu.Unlock()
	select {
	case err := <-g.answer:
		return err
	case <-ctx.Done(): // a fetch that nobody waits for any more
		w.mu.Lock()
		w.gates = slices.DeleteFunc(w.gates, func(other *gate) bool { return other == g })
		w.mu.Unlock()
		return ctx.Err()
	}
}

// handle opens the lake for a process. All that it does to the lake waits at gates.
func (w *world) handle(id int, dead *atomic.Bool) *warehouse.Lake {
	cfg := w.lake.Config
	ctx := context.Background() // what waits at a gate is not ended by a deadline: that is what makes it slow
	cfg.Faults = warehouse.Faults{
		Write:  func(path string) error { return w.gate(ctx, id, dead, "write", filepath.Ext(path)) },
		Commit: func(table string) error { return w.gate(ctx, id, dead, "commit", table) },
		Answer: func(table string) error { return w.gate(ctx, id, dead, "answer", table) },
	}
	lake, err := warehouse.Open(ctx, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	return lake
}

// start begins a process. It shares the partitions with the others, or thinks that it does.
func (w *world) start() {
	if len(w.workers) >= maxWorkers {
		return
	}
	w.started++
	w.count["starts"]++
	worker := &simWorker{id: w.started, src: w.log.Source(), done: make(chan error, 1)}
	worker.lake = w.handle(worker.id, &worker.dead)
	worker.src.Limit = 1 + w.rng.IntN(40)
	worker.src.Before = func(ctx context.Context, p warehouse.Partition) error {
		return w.gate(ctx, worker.id, &worker.dead, "fetch", p.String())
	}
	in := Config()
	in.UntilCaughtUp = false
	in.Topics = w.account.topics
	in.BatchRows, in.BatchAge = 10+w.rng.IntN(120), time.Duration(1+w.rng.IntN(10))*time.Second
	in.MaxFailures, in.StopTimeout = 6, 10*time.Second // the sixth pause would be longer than longestPause
	worker.ingester = ingest.New(in, worker.src, worker.lake, ingest.Options{})
	ctx, stop := context.WithCancel(context.Background())
	worker.stop = stop
	go func() { worker.done <- worker.ingester.Run(ctx) }() // ended by stop or crash, seen by ended
	w.workers = append(w.workers, worker)
	w.note("worker %d starts, %d rows, %s, %d a fetch", worker.id, in.BatchRows, in.BatchAge, worker.src.Limit)
	w.assign(worker)
}

// assign gives partitions to a worker: its share, or all, whoever else reads them.
func (w *world) assign(worker *simWorker) {
	all := w.log.Partitions()
	worker.parts = nil
	greedy := w.rng.IntN(4) == 0
	for _, p := range all {
		if greedy || w.rng.IntN(len(w.workers)+1) == 0 {
			worker.parts = append(worker.parts, p)
		}
	}
	w.note("worker %d gets %v", worker.id, worker.parts)
	worker.src.Assign(worker.parts)
	w.settle()
}

// rebalance shares the partitions out anew. A worker that does not hear of it goes on with what it had: a zombie.
func (w *world) rebalance() {
	if len(w.workers) == 0 {
		return
	}
	w.count["rebalances"]++
	shares := make([][]warehouse.Partition, len(w.workers))
	for _, p := range w.log.Partitions() {
		i := w.rng.IntN(len(w.workers))
		shares[i] = append(shares[i], p)
	}
	for i, worker := range slices.Clone(w.workers) {
		if w.rng.IntN(4) == 0 {
			w.note("worker %d does not hear of a rebalance", worker.id)
			w.count["zombies"]++
			continue
		}
		worker.parts = shares[i]
		w.note("worker %d gets %v", worker.id, worker.parts)
		worker.src.Assign(worker.parts)
		w.settle()
	}
}

// stop asks a worker to end. It still commits, gate by gate.
func (w *world) stop() {
	if worker, ok := choose(w.rng, w.workers); ok && !worker.stopping {
		w.note("worker %d is asked to stop", worker.id)
		w.count["stops"]++
		worker.stopping = true
		worker.stop()
		w.settle()
	}
}

// crash ends a worker wherever it is: nothing that it does after this moment happens.
func (w *world) crash() {
	worker, ok := choose(w.rng, w.workers)
	if !ok {
		return
	}
	id := worker.id
	var where []string
	for _, g := range w.waiting(func(g *gate) bool { return g.worker == id && g.kind != "fetch" }) {
		where = append(where, g.kind+" "+g.what)
		w.count["crashes at "+g.kind]++
	}
	w.note("worker %d dies at %v", id, where)
	w.count["crashes"]++
	w.kill(worker)
}

func (w *world) kill(worker *simWorker) {
	worker.dead.Store(true)
	worker.stop()
	for slices.Contains(w.workers, worker) {
		id := worker.id
		for _, g := range w.waiting(func(g *gate) bool { return g.worker == id }) {
			w.open(g, warehousetest.ErrInjected)
		}
		w.pass(longestPause) // it takes its time to give up
	}
}

// ended says whether a worker's Run has returned, and looks at what it said.
func (worker *simWorker) ended(w *world) bool {
	var err error
	select {
	case err = <-worker.done:
	default:
		return false
	}
	w.count["commits"] += int(worker.ingester.Status().Commits)
	_ = worker.lake.Close() // of a dead process nobody closes it; here it would leak
	switch {
	case err == nil:
	case errors.Is(err, ingest.ErrRivals): // it kept losing against a zombie, or was one
		w.count["gave up to a rival"]++
	case errors.Is(err, ingest.ErrUnfinished), errors.Is(err, ingest.ErrFailing), errors.Is(err, warehousetest.ErrInjected):
		w.count["gave up"]++
	default:
		w.t.Errorf("worker %d: %v", worker.id, err)
	}
	w.note("worker %d has ended: %v", worker.id, err != nil)
	return true
}

func (w *world) killAll() {
	if w.keeper != nil {
		w.keeper.dead.Store(true)
	}
	for w.keeper != nil {
		for _, g := range w.waiting(func(g *gate) bool { return g.worker == keeperID }) {
			w.open(g, warehousetest.ErrInjected)
		}
		w.pass(longestPause)
	}
	for len(w.workers) > 0 {
		w.kill(w.workers[0])
	}
}

// finish ends everybody and lets a last worker, to whom nothing happens, read to the end.
func (w *world) finish() {
	w.killAll()
	for _, p := range w.log.Partitions() {
		if slices.ContainsFunc(w.account.entries[p], func(e entry) bool { return e.fate == pending }) {
			w.end(p, w.rng.IntN(2) == 0)
		}
	}
	in := Config()
	in.Topics = w.account.topics
	src := w.log.Source()
	src.Assign(w.log.Partitions())
	last := ingest.New(in, src, w.lake.Lake, ingest.Options{})
	if err := last.Run(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	w.count["records left to the last worker"] = int(last.Status().Records)
}
