package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dutyflow/dutyflow/warehouse"
)

// Options are what the surroundings give to an Ingester. All may be left out.
type Options struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// Progress is called after each decoded chunk and each commit, from one goroutine at a time. It must be quick.
	Progress func(Status)
	// Committed is called after each commit, and once when partitions are taken up, with the next offset to read of
	// each partition: what lies below is in the lake. The embedded broker is trimmed with it.
	Committed func(next map[warehouse.Partition]int64)
	// Complete says, when it is closed, that nothing more will be produced. UntilCaughtUp looks for the ends of the
	// partitions only then. nil means that everything has been produced.
	Complete <-chan struct{}
	// Allocator is where the memory of the columns comes from.
	Allocator memory.Allocator
	// Now is the clock of _ingest_ts, and of nothing else: whatever waits or measures goes by the monotonic clock, which
	// nobody can set.
	Now func() time.Time
}

// Ingester moves records from a source to a lake.
type Ingester struct {
	cfg    Config
	src    Source
	lake   *warehouse.Lake
	opts   Options
	log    *slog.Logger
	zone   *time.Location
	now    func() time.Time
	mem    *pool
	budget *budget
	track  *tracker
	met    *metrics
	handed atomic.Int64 // bytes of batches that are closed and not released

	skipped map[skip]bool // said in the log; only the goroutine that decodes looks
}

// New makes an Ingester. It starts nothing. The tables of Tables must exist in the lake.
func New(cfg Config, src Source, lake *warehouse.Lake, opts Options) *Ingester {
	in := &Ingester{
		cfg: cfg, src: src, lake: lake, opts: opts,
		log: opts.Logger, now: opts.Now, zone: lake.Zone(),
		budget: newBudget(cfg.MemoryBytes),
		track:  newTracker(opts.Progress),

		skipped: make(map[skip]bool),
	}
	if in.log == nil {
		in.log = slog.New(slog.DiscardHandler)
	}
	if in.now == nil {
		in.now = time.Now
	}
	if opts.Allocator == nil {
		opts.Allocator = memory.NewGoAllocator()
	}
	in.mem = newPool(opts.Allocator, min(cfg.MemoryBytes/4, cfg.BatchBytes))
	in.met = newMetrics(opts.Registerer, in)
	return in
}

// Status reports how far the run has come.
func (in *Ingester) Status() Status {
	return in.track.status()
}

// Run ingests until ctx ends, which is how it is asked to stop: then it stops reading, commits what is in hand within
// Config.StopTimeout and returns nil. With Config.UntilCaughtUp it also returns nil when it has caught up. Any other
// end is an error that says what, where and what to do. When Run returns, no goroutine of it is left, and each record
// that was read is either in the lake or will be read again. It is called once.
func (in *Ingester) Run(ctx context.Context) error {
	if err := in.cfg.Validate(); err != nil {
		return fmt.Errorf("ingest.%w", err)
	}
	defer in.mem.close()
	watchCtx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { in.watch(watchCtx) }) // ends with Run
	defer watching.Wait()
	defer stop()
	var (
		failures failures
		fenced   int
		gen      Generation
	)
	for {
		if ctx.Err() != nil {
			return nil
		}
		if gen == nil || gen.Context().Err() != nil {
			next, err := in.src.Next(ctx)
			if err != nil {
				if err := in.heal(ctx, &failures, "join", err); err != nil {
					return stopped(ctx, err)
				}
				continue
			}
			gen = next
			in.log.Info("partitions assigned", "partitions", len(gen.Partitions()))
		}
		commits := in.Status().Commits
		caughtUp, err := in.session(ctx, gen)
		if in.Status().Commits > commits {
			failures, fenced = 0, 0
		}
		switch {
		case err == nil && caughtUp:
			return nil
		case err == nil:
			// The partitions were taken away, or ctx has ended; the loop finds out which.
		case errors.Is(err, warehouse.ErrFenced):
			// Another worker owns the partitions now, or did for a moment. What it committed is in the ledger, so the
			// next session begins there.
			in.met.fenced.Inc()
			if fenced++; fenced >= in.cfg.MaxFailures {
				return fmt.Errorf("%w: fenced %d times in a row: stop the other worker, or give each its own kafka.static.index: %w", ErrRivals, fenced, err)
			}
			in.log.Warn("fenced: another worker moved the ledger; reading it again", "err", err)
		case gen.Context().Err() != nil && !IsStop(err):
			// What failed, failed because the partitions were taken away.
		default:
			if err := in.heal(ctx, &failures, "session", err); err != nil {
				return stopped(ctx, err)
			}
		}
	}
}

// stopped turns an end that was asked for into nil.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// failures counts failed attempts in a row.
type failures int

// heal decides whether to try again after err: it returns nil after a pause, or why not.
func (in *Ingester) heal(ctx context.Context, f *failures, operation string, err error) error {
	if IsStop(err) || final(err) {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	*f++
	in.met.retries.WithLabelValues(operation).Inc()
	if int(*f) >= in.cfg.MaxFailures {
		return Stop(fmt.Errorf("%w: %d times in a row: %w", ErrFailing, *f, err))
	}
	wait := backoff(int(*f))
	in.log.Warn("trying again", "operation", operation, "failures", int(*f), "wait", wait, "err", err)
	return pause(ctx, wait)
}

// final says whether an error of the lake is one that a person must deal with.
func final(err error) bool {
	for _, e := range []error{
		warehouse.ErrNoLake, warehouse.ErrNoTable, warehouse.ErrNewerFormat, warehouse.ErrMoved, warehouse.ErrZone,
		warehouse.ErrSchema, warehouse.ErrRolledBack, warehouse.ErrNotWritable,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// The pause after a failure: from 50 ms doubling to 15 s, less a random part so that workers do not move in step. With
// the default of 20 failures that is about three minutes, enough for a broker to come back.
func backoff(n int) time.Duration {
	d := min(50*time.Millisecond<<min(n-1, 9), 15*time.Second)
	return d/2 + rand.N(d/2)
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// clock is for measuring how long something takes.
func (in *Ingester) clock() time.Time { return time.Now() }

// columns is the size of the open batch in memory: what Arrow holds, less the batches that are closed.
func (in *Ingester) columns() int64 { return max(0, in.mem.used()-in.handed.Load()) }

// drop gives the memory of a closed batch back.
func (in *Ingester) drop(b *batch) {
	b.release()
	in.handed.Add(-b.held)
	in.budget.add(-b.bytes)
}

// complete says whether everything has been produced.
func (in *Ingester) complete() bool {
	if in.opts.Complete == nil {
		return true
	}
	select {
	case <-in.opts.Complete:
		return true
	default:
		return false
	}
}
