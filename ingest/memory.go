package ingest

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// pool is an Arrow allocator that keeps what is freed for the next batch. Batches are alike, so after the first few
// the columns of a batch lie where those of an earlier one lay, and the garbage collector sees none of it.
//
// Blocks come in four sizes to each power of two, so that no more than a fifth of one is wasted. It counts what is in
// use, which is how a batch knows its size in memory.
//
// No more than keep bytes are kept: columns grow through sizes that are not wanted again.
type pool struct {
	under memory.Allocator
	keep  int64

	mu    sync.Mutex
	free  map[int][][]byte // by size
	kept  int64
	inUse int64
}

// Smaller blocks are not worth a list of their own.
const minBlock = 64

func newPool(under memory.Allocator, keep int64) *pool {
	return &pool{under: under, keep: keep, free: make(map[int][][]byte)}
}

// blockSize rounds up to the size of a block.
func blockSize(size int) int {
	if size <= minBlock {
		return minBlock
	}
	step := 1 << (bits.Len(uint(size-1)) - 3)
	return (size + step - 1) &^ (step - 1)
}

// Allocate returns size zeroed bytes.
func (p *pool) Allocate(size int) []byte {
	if size == 0 {
		return nil
	}
	full := blockSize(size)
	p.mu.Lock()
	p.inUse += int64(full)
	var block []byte
	if list := p.free[full]; len(list) > 0 {
		block = list[len(list)-1]
		p.free[full] = list[:len(list)-1]
		p.kept -= int64(full)
	}
	p.mu.Unlock()
	if block == nil {
		return p.under.Allocate(full)[:size:full]
	}
	block = block[:size]
	clear(block) // Arrow's builders count on zeroed validity bits
	return block
}

// Reallocate grows or shrinks a block, in place when it stays the same block.
func (p *pool) Reallocate(size int, b []byte) []byte {
	if cap(b) == 0 {
		return p.Allocate(size)
	}
	if size == 0 {
		p.Free(b)
		return nil
	}
	if blockSize(size) == cap(b) {
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

// Free keeps the block for later, if there is room.
func (p *pool) Free(b []byte) {
	if cap(b) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inUse -= int64(cap(b))
	if p.kept+int64(cap(b)) > p.keep {
		p.under.Free(b[:cap(b)])
		return
	}
	p.kept += int64(cap(b))
	p.free[cap(b)] = append(p.free[cap(b)], b[:0])
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
	for size, list := range p.free {
		for _, b := range list {
			p.under.Free(b[:size])
		}
	}
	clear(p.free)
	p.kept = 0
}
