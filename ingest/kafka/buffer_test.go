package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func packed(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// emptyRecords makes a compressed batch of records that hold nothing.
func emptyRecords(t *testing.T, base int64, n int) []byte {
	t.Helper()
	var body []byte
	for i := range n {
		r := append(binary.AppendVarint([]byte{0, 0}, int64(i)), 1, 1, 0)
		body = append(binary.AppendVarint(body, int64(len(r))), r...)
	}
	be := binary.BigEndian
	raw := append(make([]byte, atRecords), packed(t, body)...)
	be.PutUint64(raw, uint64(base))
	be.PutUint32(raw[atLength:], uint32(len(raw)-lengthEnd))
	raw[atMagic], raw[atAttributes+1] = 2, gzipCodec
	be.PutUint32(raw[atLastDelta:], uint32(n-1))
	be.PutUint32(raw[atCount:], uint32(n))
	be.PutUint32(raw[atChecksum:], crc32.Checksum(raw[atAttributes:], castagnoli))
	return raw
}

func testUnpacker(t *testing.T) *unpacker {
	t.Helper()
	u, err := newUnpacker(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// What a buffer keeps for the next chunk is limited, however large batches lie among small ones and wherever they do,
// and what it takes beyond what it kept is counted as memory of the chunk.
func TestBuffer_KeepsLittle(t *testing.T) {
	u, b := testUnpacker(t), new(buffer)
	small := packed(t, bytes.Repeat([]byte("x"), 600))
	large := packed(t, bytes.Repeat([]byte("0123456789abcdef"), 6<<20/16))
	random := rand.New(rand.NewPCG(1, 2))
	for chunk := range 20 {
		kept, beside := cap(b.block), 0
		at := random.IntN(40)
		for i := range 40 {
			p := small
			if i == at || i == at/2 {
				p = large
			}
			out, err := b.unpack(u, gzipCodec, p)
			if err != nil {
				t.Fatal(err)
			}
			if used := len(b.block); used == 0 || &b.block[used-1] != &out[len(out)-1] {
				beside += cap(out)
			}
		}
		kept = max(kept, cap(b.block))
		if beside+len(b.block) != b.bytes() || kept > keepBytes {
			t.Fatalf("chunk %d: %d bytes are counted for %d of the block and %d beside; %d were kept", chunk, b.bytes(), len(b.block), beside, kept)
		}
		if chunk > 1 && beside > 1<<20 {
			t.Fatalf("chunk %d takes %d bytes anew, as if nothing had been kept", chunk, beside)
		}
		b.reset()
	}
}

// Batches that lie one behind the other in the block do not write over each other, whatever they grow to.
func TestBuffer_BatchesStayApart(t *testing.T) {
	u, b := testUnpacker(t), new(buffer)
	random := rand.New(rand.NewPCG(3, 4))
	for chunk := range 10 {
		var outs [][]byte
		for i := range 50 {
			want := bytes.Repeat(fmt.Appendf(nil, "%d.", i), random.IntN(3000))
			out, err := b.unpack(u, gzipCodec, packed(t, want))
			if err != nil || !bytes.Equal(out, want) {
				t.Fatalf("unpacked %d bytes, want %d: %v", len(out), len(want), err)
			}
			outs = append(outs, out)
		}
		for i, out := range outs {
			if !bytes.Equal(out, bytes.Repeat(fmt.Appendf(nil, "%d.", i), len(out)/len(fmt.Sprintf("%d.", i)))) {
				t.Fatalf("chunk %d: batch %d was written over", chunk, i)
			}
		}
		if chunk > 5 && len(b.block) == 0 {
			t.Fatal("the block is not used")
		}
		b.reset()
	}
}

// Records are counted as memory of the chunk, also room that they do not fill, and an outsize slice is not kept.
func TestBuffer_CountsRecords(t *testing.T) {
	u, b := testUnpacker(t), new(buffer)
	const many = 2 * keepBytes / recordBytes
	a := &answer{end: many + 10, batches: emptyRecords(t, 0, many)}
	if _, err := b.read(u, a, 0, 1<<30); err != nil || len(b.records) != many {
		t.Fatalf("%d records: %v", len(b.records), err)
	}
	if b.bytes() < cap(b.records)*recordBytes {
		t.Fatalf("%d bytes are counted for a slice of %d", b.bytes(), cap(b.records)*recordBytes)
	}
	b.reset()
	if cap(b.records)*recordBytes > keepBytes {
		t.Fatalf("a slice of %d bytes is kept", cap(b.records)*recordBytes)
	}
	a = &answer{end: many + 10, batches: emptyRecords(t, 0, 10)}
	if _, err := b.read(u, a, 0, 1<<30); err != nil || len(b.records) != 10 || b.bytes() > 10<<10 {
		t.Fatalf("%d records, %d bytes: %v", len(b.records), b.bytes(), err)
	}
}
