package ingesttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// Simulate plays steps of a world in which everything that can happen to an ingest happens: records of several topics,
// types and transactions come, are compacted and lost to retention; workers start, stop, die at any point of a commit,
// are slow there, lose answers and partitions, and go on with partitions that are no longer theirs. Each step is drawn
// from the seed. At the end each offset must be in the lake as a row, a reject or a part of a gap exactly once, or not
// at all if it was skipped or aborted; and while it runs nothing may be there twice or above the ledger.
//
// It runs in fake time, and whatever a worker does with the outside waits at a gate until a step opens it: a fetch, the
// writing of a file, the moving of the catalog, the answer. Between two steps every goroutine waits. So the order in
// which things happen is the seed's, not the scheduler's, and a seed that fails fails again. It returns a fingerprint of
// what happened.
func Simulate(t *testing.T, seed uint64, steps int) (history []string) {
	t.Helper()
	warehousetest.Bubble(t, func(t *testing.T) {
		w := newWorld(t, seed)
		defer w.killAll() // when a check has failed
		for n := range steps {
			w.now = n
			w.step()
			if n%50 == 49 {
				w.checkLedgers()
			}
			if n%500 == 499 {
				w.check(false)
			}
			if t.Failed() {
				t.Fatalf("step %d; the last steps:\n  %s", n, strings.Join(w.history[max(0, len(w.history)-40):], "\n  "))
			}
		}
		w.now = steps
		w.finish()
		w.check(true)
		if t.Failed() {
			t.Fatalf("at the end; the last steps:\n  %s", strings.Join(w.history[max(0, len(w.history)-40):], "\n  "))
		}
		t.Logf("%s", w.summary())
		history = w.history
	})
	return history
}

// world is everything in a simulation.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	log     *Log
	lake    *warehousetest.Lake
	account *account
	records *Generator
	workers []*simWorker
	started int
	keeper  *keeper
	ledgers map[string]warehouse.Ledger // as last seen

	mu    sync.Mutex
	gates []*gate // that somebody waits at

	now     int
	history []string // what each step did
	count   map[string]int
}

// gate is where somebody waits for a step to let him pass.
type gate struct {
	worker int
	kind   string // fetch, write, commit, answer
	what   string
	answer chan error // buffered: opening never waits
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)),
		log:     NewLog(map[string]int32{"duty.step": 2, "duty.work": 1, "city.steps": 1, "city.mixed": 1}),
		records: NewGenerator(seed),
		ledgers: make(map[string]warehouse.Ledger),
		count:   make(map[string]int),
	}
	w.lake = warehousetest.New(t, ingest.Tables())
	w.account = &account{
		topics: ingest.Topics{
			"duty.step": {Type: "duty.step"}, "duty.work": {Type: "duty.work"},
			"city.steps": {Type: "duty.step"}, "city.mixed": {Type: "duty.step", Poison: ingest.PoisonSkip},
		},
		entries: make(map[warehouse.Partition][]entry),
	}
	return w
}

// note writes down what a step did.
func (w *world) note(format string, args ...any) {
	w.history = append(w.history, fmt.Sprintf("%d: ", w.now)+fmt.Sprintf(format, args...))
}

// settle waits until nobody moves any more, and lets go of the workers that have ended.
func (w *world) settle() {
	synctest.Wait()
	if w.keeper != nil && w.keeper.ended(w) {
		w.keeper = nil
	}
	for i := 0; i < len(w.workers); {
		if w.workers[i].ended(w) {
			w.workers = slices.Delete(w.workers, i, i+1)
		} else {
			i++
		}
	}
}

// waiting lists the gates that somebody waits at, in an order that does not depend on who came first.
func (w *world) waiting(match func(*gate) bool) []*gate {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []*gate
	for _, g := range w.gates {
		if match == nil || match(g) {
			found = append(found, g)
		}
	}
	slices.SortStableFunc(found, func(a, b *gate) int {
		if a.worker != b.worker {
			return a.worker - b.worker
		}
		return strings.Compare(a.kind+a.what, b.kind+b.what)
	})
	return found
}

// open lets one pass, or fail.
func (w *world) open(g *gate, err error) {
	w.mu.Lock()
	w.gates = slices.DeleteFunc(w.gates, func(other *gate) bool { return other == g })
	w.mu.Unlock()
	g.answer <- err
	w.settle()
}

// longestPause is longer than any pause between two attempts of a worker, which are random: whoever pauses has gone on
// when so much time has passed.
const longestPause = 3 * time.Second

// pass lets fake time pass.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	w.settle()
}

// choose picks one of several, nil when there is none.
func choose[T any](r *rand.Rand, from []T) (one T, ok bool) {
	if len(from) == 0 {
		return one, false
	}
	return from[r.IntN(len(from))], true
}

func (w *world) step() {
	switch n := w.rng.IntN(1000); {
	case n < 300:
		w.openOne(nil)
	case n < 500:
		w.runOn()
	case n < 720:
		w.fetchRound()
	case n < 740:
		w.openOne(warehousetest.ErrInjected)
	case n < 840:
		w.produce(1 + w.rng.IntN(30))
	case n < 860:
		w.endTransaction()
	case n < 890:
		w.start()
	case n < 897:
		w.stop()
	case n < 915:
		w.crash()
	case n < 935:
		w.rebalance()
	case n < 985:
		d := longestPause + time.Duration(w.rng.IntN(20))*time.Second
		w.note("%s pass", d)
		w.pass(d)
	case n < 989:
		w.trim()
	case n < 994:
		w.compactLog()
	case n < 998:
		w.upkeep()
	default:
		w.addPartition()
	}
}

// runOn lets a worker pass several gates of its commit.
func (w *world) runOn() {
	worker, ok := choose(w.rng, w.workers)
	if !ok {
		return
	}
	id := worker.id
	for range 1 + w.rng.IntN(12) {
		gates := w.waiting(func(g *gate) bool { return g.worker == id && g.kind != "fetch" })
		if len(gates) == 0 {
			return
		}
		w.note("worker %d passes %s %s", id, gates[0].kind, gates[0].what)
		w.open(gates[0], nil)
	}
}

// openOne opens a gate of a commit, or now and then of a fetch.
func (w *world) openOne(err error) {
	gates := w.waiting(func(g *gate) bool { return g.kind != "fetch" })
	if len(gates) == 0 || w.rng.IntN(10) == 0 {
		gates = w.waiting(nil)
	}
	g, ok := choose(w.rng, gates)
	if !ok {
		return
	}
	if err != nil {
		w.count["faults"]++
	}
	w.note("worker %d passes %s %s: %v", g.worker, g.kind, g.what, err)
	w.open(g, err)
}

// fetchRound lets each fetch of a worker pass, one after the other.
func (w *world) fetchRound() {
	worker, ok := choose(w.rng, w.workers)
	if !ok {
		return
	}
	id := worker.id
	for _, g := range w.waiting(func(g *gate) bool { return g.worker == id && g.kind == "fetch" }) {
		w.note("worker %d fetches %s", id, g.what)
		w.open(g, nil)
	}
}

func (w *world) produce(n int) {
	p, _ := choose(w.rng, w.log.Partitions())
	// A partition has transactions or not, as a producer has; a few have.
	_, end := w.log.Bounds(p)
	transactional := w.rng.IntN(4) == 0 || end < int64(len(w.account.entries[p]))
	kind := w.account.topics[p.Topic].Type
	records := make([]ingest.Record, 0, n)
	for range n {
		made := w.records.Next(1, 8)
		for made.Topic != kind {
			made = w.records.Next(1, 8)
		}
		fate := readable
		if transactional {
			fate = pending
		}
		records = append(records, ingest.Record{
			Key: made.Message.Key, Value: made.Message.Value, Timestamp: made.Message.Time.UnixMilli(), SourcePos: -1,
		})
		w.account.entries[p] = append(w.account.entries[p], entry{made, fate})
	}
	w.log.Append(p, transactional, records...)
	w.count["records"] += n
	w.note("%d records come to %s[%d], transactional: %v", n, p.Topic, p.ID, transactional)
	w.settle()
}

// open transactions of a partition end together: one producer.
func (w *world) endTransaction() {
	var open []warehouse.Partition
	for _, p := range w.log.Partitions() {
		if slices.ContainsFunc(w.account.entries[p], func(e entry) bool { return e.fate == pending }) {
			open = append(open, p)
		}
	}
	p, ok := choose(w.rng, open)
	if !ok {
		return
	}
	commit := w.rng.IntN(3) > 0
	w.end(p, commit)
	w.settle()
}

func (w *world) end(p warehouse.Partition, commit bool) {
	w.note("the transaction in %s[%d] ends, committed: %v", p.Topic, p.ID, commit)
	w.count["transactions"]++
	w.log.End(p, commit)
	entries := w.account.entries[p]
	for i := range entries {
		if entries[i].fate == pending {
			entries[i].fate = readable
			if !commit {
				entries[i].fate = nothing
			}
		}
	}
	w.account.entries[p] = append(entries, entry{fate: nothing}) // the marker
}

// trim takes records away as retention does: usually what was read long ago, now and then what was not.
func (w *world) trim() {
	p, _ := choose(w.rng, w.log.Partitions())
	first, end := w.log.Bounds(p)
	if end <= first {
		return
	}
	to := first + 1 + w.rng.Int64N(end-first)
	w.note("%s[%d] is trimmed to %d of %d", p.Topic, p.ID, to, end)
	table := ingest.TableOf(w.account.contract(p.Topic))
	ledger, err := w.lake.Ledger(w.t.Context(), table)
	if err != nil {
		w.t.Fatalf("ledger of %s: %v", table, err)
	}
	if _, begun := ledger[p]; !begun {
		// What is gone before anybody has begun to read was before the earliest: no gap.
		for i := range w.account.entries[p][:to] {
			if e := &w.account.entries[p][i]; e.fate == readable {
				e.fate = compacted
			}
		}
	}
	w.count["trims"]++
	w.log.Trim(p, to)
	w.settle()
}

// compactLog removes one record, as compaction does.
func (w *world) compactLog() {
	p, _ := choose(w.rng, w.log.Partitions())
	first, end := w.log.Bounds(p)
	if end <= first {
		return
	}
	offset := first + w.rng.Int64N(end-first)
	if e := &w.account.entries[p][offset]; e.fate == readable {
		w.note("%s[%d]@%d is compacted away", p.Topic, p.ID, offset)
		e.fate = compacted
		w.count["compacted records"]++
		w.log.Compact(p, offset)
	}
	w.settle()
}

// addPartition gives a topic one more. Those who hold the topic do not see it before the next rebalance.
func (w *world) addPartition() {
	if len(w.log.Partitions()) >= 10 {
		return
	}
	topic, _ := choose(w.rng, w.account.topics.Names())
	id := int32(0)
	for _, p := range w.log.Partitions() {
		if p.Topic == topic {
			id = max(id, p.ID+1)
		}
	}
	w.note("%s gets partition %d", topic, id)
	w.log.AddPartition(w.log.Partition(topic, id))
	w.settle()
}

// checkLedgers requires that no entry ever goes back, and none beyond what there is.
func (w *world) checkLedgers() {
	for _, c := range record.Contracts() {
		table := ingest.TableOf(c)
		now, err := w.lake.Ledger(w.t.Context(), table)
		if err != nil {
			w.t.Errorf("ledger of %s: %v", table, err)
			continue
		}
		for p, mark := range now {
			if before := w.ledgers[table][p].Next; mark.Next < before {
				w.t.Errorf("the ledger of %s[%d] went back from %d to %d", p.Topic, p.ID, before, mark.Next)
			}
			if end := int64(len(w.account.entries[p])); mark.Next > end {
				w.t.Errorf("the ledger of %s[%d] is at %d, beyond the end, %d", p.Topic, p.ID, mark.Next, end)
			}
		}
		w.ledgers[table] = now
	}
}

func (w *world) check(whole bool) {
	w.checkLedgers()
	w.count["checks"]++
	if problems := w.account.check(w.lake, w.ledgers, whole); len(problems) > 0 {
		w.t.Errorf("the lake is wrong:\n  %s", list(problems))
	}
}

func (w *world) summary() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(w.count)) {
		parts = append(parts, fmt.Sprintf("%d %s", w.count[name], name))
	}
	return strings.Join(parts, ", ")
}
