package kafka_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
)

var codecs = map[string]int{"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4, "snappy in frames": 5}

// pack compresses with the codec of a batch's attributes; 5 is snappy as Java's library frames it.
func pack(codec int, b []byte) []byte {
	var out bytes.Buffer
	var err error
	switch codec {
	case 0:
		return b
	case 1:
		w := gzip.NewWriter(&out)
		_, err = w.Write(b)
		err = errors.Join(err, w.Close())
	case 2:
		return s2.EncodeSnappy(nil, b)
	case 3:
		w := lz4.NewWriter(&out)
		_, err = w.Write(b)
		err = errors.Join(err, w.Close())
	case 4:
		w, werr := zstd.NewWriter(&out) // streamed: the frame does not say how much it unpacks to, as Java's do not
		if werr != nil {
			panic(werr)
		}
		_, err = w.Write(b)
		err = errors.Join(err, w.Close())
	case 5:
		out.Write([]byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1})
		for len(b) > 0 {
			n := min(len(b), 32<<10)
			block := s2.EncodeSnappy(nil, b[:n])
			out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(block))))
			out.Write(block)
			b = b[n:]
		}
	}
	if err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Batches of every compression are read, also several in one answer that unpack to more than one chunk takes.
func TestFetch_Compressions(t *testing.T) {
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			var specs []spec
			var want []int64
			for i := range int64(20) {
				s := plain(i*10, 10)
				s.codec, s.size = codec, 20<<10
				specs, want = append(specs, s), append(want, s.offsets...)
			}
			l := logOf(specs...)
			got, err := read(t, l.open(t, func(k *kafka.Config) { k.FetchMaxBytes = 64 << 10 }), 3, 200)
			if err != nil {
				t.Fatal(err)
			}
			requireOffsets(t, got, want[3:]...)
			if got.largest > 6*64<<10+512<<10 {
				t.Fatalf("a chunk of %d bytes for a fetch of 64 KiB", got.largest)
			}
			if n := len(l.fetches); n > 10 {
				t.Fatalf("%d fetches: what an answer holds beyond a chunk was asked for again", n)
			}
		})
	}
}

// A batch that unpacks to more than the limit stops its partition with the offset and the setting, after what came
// before it was delivered, and without taking the memory; a higher limit reads it.
func TestFetch_LimitOfABatch(t *testing.T) {
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			bomb := plain(5, 4)
			bomb.codec, bomb.size = codec, 3<<20
			l := logOf(plain(0, 5), bomb)
			got, err := read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 8 << 20 }), 0, 9)
			if !errors.Is(err, ingest.ErrBadBatch) || !ingest.IsStop(err) {
				t.Fatalf("err = %v", err)
			}
			for _, s := range []string{"duty.step[0]@5", "kafka.batch_max_bytes", "8388608", "ledger reset"} {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			requireOffsets(t, got, 0, 1, 2, 3, 4)
			if got, err = read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 16 << 20 }), 0, 9); err != nil {
				t.Fatal(err)
			}
			requireOffsets(t, got, 0, 1, 2, 3, 4, 5, 6, 7, 8)
		})
	}
}

// Records take memory however empty they are: a batch with more of them than the limit allows is not read, even if its
// bytes are few, and what came before it is delivered.
func TestFetch_LimitOfTheRecordsOfABatch(t *testing.T) {
	many := plain(2, 20_000) // 280 kB, and 1.4 MB as records
	many.codec = 1
	l := logOf(plain(0, 2), many)
	got, err := read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 1 << 20 }), 0, 20_002)
	if !errors.Is(err, ingest.ErrBadBatch) || !strings.Contains(err.Error(), "20000 records") {
		t.Fatalf("err = %v", err)
	}
	requireOffsets(t, got, 0, 1)
	if got, err = read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 2 << 20 }), 0, 20_002); err != nil || len(got.offsets) != 20_002 {
		t.Fatalf("%d records: %v", len(got.offsets), err)
	}
}

// Producers pack with windows of up to 8 MiB, however little there is to pack. A low limit reads that too.
func TestUnpack_WindowLargerThanTheLimit(t *testing.T) {
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed, zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(old(1, 0, 0, 7, []byte(value(0))))
	if err = errors.Join(err, w.Flush(), w.Close()); err != nil { // flushed: the frame does not say that it is small
		t.Fatal(err)
	}
	l := &fakeLog{stable: 1, batches: []fakeBatch{{bytes: old(1, 0, 4, 7, packed.Bytes())}}}
	got, err := read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 1 << 20 }), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	requireOffsets(t, got, 0)
}

// A batch that is larger than the limit as it lies on the broker is not read either.
func TestFetch_LimitOfAnUncompressedBatch(t *testing.T) {
	big := plain(0, 2)
	big.size = 1 << 20
	_, err := read(t, logOf(big).open(t, func(k *kafka.Config) { k.BatchMaxBytes = 1 << 20 }), 0, 2)
	if !errors.Is(err, ingest.ErrBadBatch) || !strings.Contains(err.Error(), "kafka.batch_max_bytes") {
		t.Fatalf("err = %v", err)
	}
}

// An answer that ends in the middle of a batch, compressed or not, wherever it does, is read up to that batch, and the
// batch is asked for again; when it does not fit what is asked for, more is.
func TestFetch_AnswerCutOff(t *testing.T) {
	for _, codec := range []int{0, 1, 4} {
		var specs []spec
		var want []int64
		for i := range int64(30) {
			s := plain(i*3, 3)
			s.codec, s.size = codec, 40*int(i)
			specs, want = append(specs, s), append(want, s.offsets...)
		}
		big := plain(90, 2)
		big.size = 20 << 10
		l := logOf(append(specs, big)...)
		l.cut = true
		for size := 1 << 10; size < 1<<10+24; size++ {
			got, err := read(t, l.open(t, func(k *kafka.Config) { k.FetchMaxBytes = size }), 0, 92)
			if err != nil {
				t.Fatal(err)
			}
			requireOffsets(t, got, append(want[:90:90], 90, 91)...)
		}
	}
}

// A batch whose checksum is right and whose records are not is damaged as a whole: none of its records is delivered.
func TestFetch_MalformedRecords(t *testing.T) {
	for name, change := range map[string]func(*spec){
		"cut off":           func(s *spec) { s.broken = true },
		"cut off in zstd":   func(s *spec) { s.broken, s.codec = true, 4 },
		"unknown codec":     func(s *spec) { s.codec = 7 },
		"not what it says":  func(s *spec) { s.codec = 6 },
		"more than it has":  func(s *spec) { s.claim = 1000 },
		"a negative number": func(s *spec) { s.claim = -5 },
		"the same twice":    func(s *spec) { s.offsets = []int64{2, 3, 3, 5} },
		"going back":        func(s *spec) { s.offsets = []int64{2, 4, 3, 5} },
		"before the batch":  func(s *spec) { s.offsets = []int64{1, 2, 3, 4} },
		"behind the batch":  func(s *spec) { s.offsets = []int64{2, 3, 4, 6} },
	} {
		t.Run(name, func(t *testing.T) {
			bad := plain(2, 4)
			change(&bad)
			got, err := read(t, logOf(plain(0, 2), bad).open(t, nil), 0, 6)
			if !errors.Is(err, ingest.ErrBadBatch) || !strings.Contains(err.Error(), "duty.step[0]@2") {
				t.Fatalf("err = %v", err)
			}
			requireOffsets(t, got, 0, 1)
		})
	}
}

// Where the broker appends its own time, that is the record's; elsewhere it is the producer's.
func TestFetch_LogAppendTime(t *testing.T) {
	own, brokers := plain(0, 1), plain(1, 2)
	brokers.appended = 1_800_000_000_000
	g := logOf(own, brokers).open(t, nil)
	c, err := g.Fetch(t.Context(), part0, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var times []int64
	for _, r := range c.Records {
		times = append(times, r.Timestamp)
	}
	if fmt.Sprint(times) != "[1700000000000 1800000000000 1800000000000]" {
		t.Fatalf("times = %v", times)
	}
}

// old makes a message of before Kafka 0.11; inner messages are wrapped in it when a codec is given.
func old(magic byte, offset int64, codec int, stamp int64, value []byte) []byte {
	be := binary.BigEndian
	body := []byte{magic, byte(codec)}
	if magic == 1 {
		body = be.AppendUint64(body, uint64(stamp))
	}
	body = be.AppendUint32(body, math.MaxUint32) // no key
	body = append(be.AppendUint32(body, uint32(len(value))), value...)
	out := be.AppendUint64(nil, uint64(offset))
	out = be.AppendUint32(out, uint32(len(body)+4))
	out = be.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, body...)
}

// Messages from before Kafka 0.11 are read too, wrapped ones with the offsets that their wrapper gives them.
func TestFetch_OldMessages(t *testing.T) {
	v := func(o int64) []byte { return []byte(value(o)) }
	var relative, absolute []byte
	for i := range int64(3) {
		relative = append(relative, old(1, i, 0, 7, v(2+i))...)
		absolute = append(absolute, old(0, 5+i, 0, 0, v(5+i))...)
	}
	l := &fakeLog{stable: 10, batches: []fakeBatch{
		{base: 0, last: 0, bytes: old(1, 0, 0, 7, v(0))},
		{base: 1, last: 1, bytes: old(0, 1, 0, 0, v(1))},
		{base: 2, last: 4, bytes: old(1, 4, 1, 7, pack(1, relative))},
		{base: 5, last: 7, bytes: old(0, 7, 2, 0, pack(2, absolute))},
	}}
	l.add(plain(8, 2))
	for from := range int64(9) {
		got, err := read(t, l.open(t, nil), from, 10)
		if err != nil {
			t.Fatal(err)
		}
		requireOffsets(t, got, []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}[from:]...)
	}
	bad := old(1, 0, 0, 7, v(0))
	bad[len(bad)-1]++
	l = &fakeLog{stable: 1, batches: []fakeBatch{{bytes: bad}}}
	if _, err := read(t, l.open(t, nil), 0, 1); !errors.Is(err, ingest.ErrBadBatch) {
		t.Fatalf("err = %v", err)
	}
}

// A wrapper whose messages cannot be read is damaged as a whole: none of them is delivered, with whatever offset, and
// what came before it is.
func TestFetch_DamagedOldMessages(t *testing.T) {
	v := func(o int64) []byte { return []byte(value(o)) }
	wrap := func(magic byte, offsets ...int64) (inner []byte) {
		for _, o := range offsets {
			inner = append(inner, old(magic, o, 0, 7, v(o))...)
		}
		return inner
	}
	good := wrap(1, 0, 1, 2)
	negative := append(wrap(1, 0), good...)
	binary.BigEndian.PutUint32(negative[len(wrap(1, 0))+8:], math.MaxUint32)
	many := wrap(1, 0)
	for o := int64(1); o < 20_000; o++ {
		many = append(many, old(1, o, 0, 7, nil)...)
	}
	for name, c := range map[string]struct {
		magic byte
		value []byte
	}{
		"cut off":              {1, pack(1, good[:len(good)-1])},
		"cut off in a length":  {1, pack(1, append(good[:len(good):len(good)], 0, 0, 0))},
		"a negative length":    {1, pack(1, negative)},
		"not what it says":     {1, []byte("not gzip")},
		"the same twice":       {1, pack(1, wrap(1, 0, 1, 1, 2))},
		"going back":           {1, pack(1, wrap(1, 0, 2, 1, 3))},
		"a negative offset":    {1, pack(1, wrap(1, -1, 0, 1))},
		"behind the wrapper":   {0, pack(1, wrap(0, 1001, 1003, 1004))},
		"wrapped twice":        {1, pack(1, old(1, 0, 1, 7, pack(1, good)))},
		"more than the limit":  {1, pack(1, many)},
		"a wrong sum in there": {1, pack(1, append(good[:len(good)-1:len(good)-1], 0))},
	} {
		t.Run(name, func(t *testing.T) {
			l := &fakeLog{first: 1000, stable: 1004, batches: []fakeBatch{
				{base: 1000, last: 1000, bytes: old(1, 1000, 0, 7, v(1000))},
				{base: 1001, last: 1003, bytes: old(c.magic, 1003, 1, 7, c.value)},
			}}
			got, err := read(t, l.open(t, func(k *kafka.Config) { k.BatchMaxBytes = 1 << 20 }), 1000, 1004)
			if !errors.Is(err, ingest.ErrBadBatch) || !ingest.IsStop(err) || !strings.Contains(err.Error(), "ledger reset") {
				t.Fatalf("err = %v", err)
			}
			requireOffsets(t, got, 1000)
		})
	}
}
