package ingest

import (
	"context"
	"sync"
)

// budget is the one limit on memory: bytes fetched and not decoded, columns of the open batch, and the batch that is
// being committed.
//
// Only fetches wait for it. Decoding and committing never do: they are what gives memory back, and one that waited
// could wait for itself. They may overshoot by the columns of the chunks that are already in hand, which the fetches
// have paid for in part.
type budget struct {
	limit int64

	mu      sync.Mutex
	used    int64
	waiting int           // fetches that wait
	freed   chan struct{} // closed and replaced whenever used shrinks

	// tight is signalled when a fetch has to wait: the open batch should be committed, whatever its size.
	tight chan struct{}
}

func newBudget(limit int64) *budget {
	return &budget{limit: limit, freed: make(chan struct{}), tight: make(chan struct{}, 1)}
}

// acquire waits until n bytes fit. What is larger than the whole budget is let through alone.
func (b *budget) acquire(ctx context.Context, n int64) error {
	waits := false
	for {
		b.mu.Lock()
		if waits {
			b.waiting--
		}
		if b.used+n <= b.limit || b.used == 0 {
			b.used += n
			b.mu.Unlock()
			return nil
		}
		b.waiting++
		waits = true
		freed := b.freed
		b.mu.Unlock()
		b.press()
		select {
		case <-freed:
		case <-ctx.Done():
			b.mu.Lock()
			b.waiting--
			b.mu.Unlock()
			return ctx.Err()
		}
	}
}

// press says that memory is short.
func (b *budget) press() {
	select {
	case b.tight <- struct{}{}:
	default: // said already
	}
}

// add changes what is in use without waiting; n may be negative.
func (b *budget) add(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	b.used += n
	if n < 0 {
		close(b.freed)
		b.freed = make(chan struct{})
	}
	b.mu.Unlock()
}

// short says whether a fetch waits for memory.
func (b *budget) short() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting > 0
}

func (b *budget) inUse() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}
