package ingest

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// pool is an Arrow allocator that keeps what is freed for the next batch. Batches are alike, so after the first few
// the columns of a batch lie where those of an earlier one lay, and the garbage collector sees none of it.
//
// Blocks are powers of two. It counts what is in use, which is how a batch knows its size in memory.
type pool struct {
	under memory.Allocator

	mu    sync.Mutex
	free  [40][][]byte // by class: blocks of 2^class bytes
	inUse int64
}

// Smaller blocks are not worth a free list, and larger ones than 2^39 do not occur.
const minClass = 6

func newPool(under memory.Allocator) *pool { return &pool{under: under} }

func class(size int) int {
	if size <= 1<<minClass {
		return minClass
	}
	return bits.Len(uint(size - 1))
}

// Allocate returns size zeroed bytes.
func (p *pool) Allocate(size int) []byte {
	if size == 0 {
		return nil
	}
	c := class(size)
	p.mu.Lock()
	p.inUse += 1 << c
	var block []byte
	if n := len(p.free[c]); n > 0 {
		block = p.free[c][n-1]
		p.free[c] = p.free[c][:n-1]
	}
	p.mu.Unlock()
	if block == nil {
		return p.under.Allocate(1 << c)[:size]
	}
	block = block[:size]
	clear(block) // Arrow's builders count on zeroed validity bits
	return block
}

// Reallocate grows or shrinks a block, in place when its class allows.
func (p *pool) Reallocate(size int, b []byte) []byte {
	if cap(b) == 0 {
		return p.Allocate(size)
	}
	if size == 0 {
		p.Free(b)
		return nil
	}
	if size <= cap(b) && (class(size) == class(cap(b))) {
		old := len(b)
		b = b[:size]
		if size > old {
			clear(b[old:])
		}
		return b
	}
	to := p.Allocate(size)
	copy(to, b)
	p.Free(b)
	return to
}

// Free keeps the block for later.
func (p *pool) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	c := class(cap(b))
	p.mu.Lock()
	p.inUse -= 1 << c
	p.free[c] = append(p.free[c], b[:0])
	p.mu.Unlock()
}

// used is how many bytes are allocated and not freed.
func (p *pool) used() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inUse
}

// close gives everything that is not in use back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.free {
		for _, b := range p.free[c] {
			p.under.Free(b[:1<<c])
		}
		p.free[c] = nil
	}
}
