package kafka_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/broker"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/warehouse"
)

const topic = "duty.step"

var part0 = warehouse.Partition{Cluster: "fake", Topic: topic}

// fakeLog is a partition whose batches are written byte by byte, served by a real broker whose answers to fetches and
// offset requests are replaced. It answers as a broker does: with whole batches, beginning with the one that covers
// the offset.
type fakeLog struct {
	mu      sync.Mutex
	first   int64 // log start
	stable  int64 // last stable offset; the high watermark is the end of the last batch
	batches []fakeBatch
	fetches []int64 // offsets asked for
	code    int16   // answer the next fetch with this error
	mute    bool    // announce records and hand out none
	cut     bool    // end an answer where its size ends, as brokers did before they handed out whole batches

	pending map[int64]int64 // producers with an open transaction, and its first offset
	aborted []abortedTxn
}

type abortedTxn struct{ producer, first, marker int64 }

type fakeBatch struct {
	base, last int64
	bytes      []byte
}

// add appends a batch and keeps the books of a broker: which transactions are open, which were aborted, and the last
// stable offset, which is where the first open one begins.
func (l *fakeLog) add(s spec) *fakeLog {
	l.batches = append(l.batches, s.encode())
	if l.pending == nil {
		l.pending = make(map[int64]int64)
	}
	if first, ok := l.pending[s.producer]; s.control > 0 && ok {
		if s.control == 1 {
			l.aborted = append(l.aborted, abortedTxn{s.producer, first, s.last})
		}
		delete(l.pending, s.producer)
	} else if s.control == 0 && s.producer != 0 && !ok {
		l.pending[s.producer] = s.base
	}
	l.stable = s.last + 1
	for _, first := range l.pending {
		l.stable = min(l.stable, first)
	}
	return l
}

func (l *fakeLog) fetch(kreq kmsg.Request) (kmsg.Response, error, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	req := kreq.(*kmsg.FetchRequest)
	asked := req.Topics[0].Partitions[0]
	resp := req.ResponseKind().(*kmsg.FetchResponse)
	t := kmsg.NewFetchResponseTopic()
	t.Topic = req.Topics[0].Topic
	p := kmsg.NewFetchResponseTopicPartition()
	p.Partition = asked.Partition
	p.LogStartOffset, p.LastStableOffset, p.HighWatermark = l.first, l.stable, l.end()
	l.fetches = append(l.fetches, asked.FetchOffset)
	switch {
	case l.code != 0:
		p.ErrorCode, l.code = l.code, 0
	case asked.FetchOffset < l.first || asked.FetchOffset > l.end():
		p.ErrorCode = 1 // OFFSET_OUT_OF_RANGE
	case !l.mute:
		for _, b := range l.batches {
			if b.last < asked.FetchOffset || b.base >= l.stable {
				continue
			}
			if !l.cut && len(p.RecordBatches) > 0 && len(p.RecordBatches)+len(b.bytes) > int(asked.PartitionMaxBytes) {
				break
			}
			p.RecordBatches = append(p.RecordBatches, b.bytes...)
		}
		if l.cut {
			p.RecordBatches = p.RecordBatches[:min(len(p.RecordBatches), int(asked.PartitionMaxBytes))]
		}
		for _, a := range l.aborted {
			if a.marker >= asked.FetchOffset {
				at := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
				at.ProducerID, at.FirstOffset = a.producer, a.first
				p.AbortedTransactions = append(p.AbortedTransactions, at)
			}
		}
	}
	t.Partitions = append(t.Partitions, p)
	resp.Topics = append(resp.Topics, t)
	return resp, nil, true
}

func (l *fakeLog) end() int64 {
	if len(l.batches) == 0 {
		return l.first
	}
	return l.batches[len(l.batches)-1].last + 1
}

func (l *fakeLog) offsets(kreq kmsg.Request) (kmsg.Response, error, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	req := kreq.(*kmsg.ListOffsetsRequest)
	resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
	t := kmsg.NewListOffsetsResponseTopic()
	t.Topic = req.Topics[0].Topic
	p := kmsg.NewListOffsetsResponseTopicPartition()
	p.Timestamp, p.Offset = -1, l.stable
	if req.Topics[0].Partitions[0].Timestamp == -2 {
		p.Offset = l.first
	}
	t.Partitions = append(t.Partitions, p)
	resp.Topics = append(resp.Topics, t)
	return resp, nil, true
}

// open serves the log and opens a source that reads it.
func (l *fakeLog) open(t *testing.T, change func(*kafka.Config)) ingest.Generation {
	t.Helper()
	b, err := broker.Start(broker.Config{ClusterID: "fake", Topics: map[string]int32{topic: 1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	c := b.Cluster()
	c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) { c.KeepControl(); return l.fetch(r) })
	c.ControlKey(int16(kmsg.ListOffsets), func(r kmsg.Request) (kmsg.Response, error, bool) { c.KeepControl(); return l.offsets(r) })
	cfg := config(b)
	if change != nil {
		change(&cfg)
	}
	return next(t, open(t, cfg, topic))
}

func config(b *broker.Broker) kafka.Config {
	cfg := kafka.DefaultConfig()
	cfg.Brokers = []string{b.Addr()}
	cfg.Assignment = kafka.AssignStatic
	cfg.FetchMaxWait = 10 * time.Millisecond
	return cfg
}

func open(t *testing.T, cfg kafka.Config, topics ...string) *kafka.Source {
	t.Helper()
	src, err := kafka.Open(t.Context(), cfg, topics, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func next(t *testing.T, src *kafka.Source) ingest.Generation {
	t.Helper()
	g, err := src.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// got is what reading delivered.
type got struct {
	offsets []int64
	values  []string
	next    int64
	largest int // bytes of a chunk
	gaps    []ingest.Gap
}

// read fetches from offset until everything up to end has been delivered. Errors that may heal are asked again, as the
// ingester does; the rounds are limited, so that a reader that stands still fails the test.
func read(t *testing.T, g ingest.Generation, offset, end int64) (got, error) {
	t.Helper()
	return readPartition(t, g, part0, offset, end)
}

func readPartition(t *testing.T, g ingest.Generation, p warehouse.Partition, offset, end int64) (got, error) {
	t.Helper()
	out := got{next: offset}
	for range 200 {
		if out.next >= end {
			return out, nil
		}
		c, err := g.Fetch(context.Background(), p, out.next, 1<<20)
		if err != nil {
			if ingest.IsStop(err) {
				return out, err
			}
			continue
		}
		for _, r := range c.Records {
			out.offsets = append(out.offsets, r.Offset)
			out.values = append(out.values, string(r.Value))
		}
		if c.Gap != nil {
			out.gaps = append(out.gaps, *c.Gap)
		}
		out.next, out.largest = c.Next, max(out.largest, c.Bytes)
		c.Release()
	}
	t.Fatalf("no end after 200 fetches: at %d of %d", out.next, end)
	return out, nil
}

// A batch as it lies on disk.
type spec struct {
	base, last int64 // offsets that the batch covers
	offsets    []int64
	producer   int64 // transactional when not 0
	control    int   // 1 abort, 2 commit
	badCRC     bool
	broken     bool  // the last record ends too early, under a right checksum
	claim      int32 // how many records it says that it has, if not as many as it has
	size       int   // bytes of each value
	codec      int   // 1 gzip, 2 snappy, 3 lz4, 4 zstd
	appended   int64 // the broker's time in milliseconds, where it counts
}

func plain(base int64, n int) spec {
	s := spec{base: base, last: base + int64(n) - 1}
	for i := range n {
		s.offsets = append(s.offsets, base+int64(i))
	}
	return s
}

func txn(producer, base int64, n int) spec {
	s := plain(base, n)
	s.producer = producer
	return s
}

func control(producer, base int64, commit bool) spec {
	s := spec{base: base, last: base, offsets: []int64{base}, producer: producer, control: 1}
	if commit {
		s.control = 2
	}
	return s
}

func value(offset int64) string { return "v" + string(rune('a'+offset%26)) }

func (s spec) encode() fakeBatch {
	var records []byte
	for _, o := range s.offsets {
		key, val := []byte("k"), append([]byte(value(o)), make([]byte, s.size)...)
		if s.control > 0 {
			key, val = []byte{0, 0, 0, byte(s.control - 1)}, []byte{0, 0, 0, 0, 0, 0}
		}
		body := []byte{0}
		body = binary.AppendVarint(body, 0)
		body = binary.AppendVarint(body, o-s.base)
		body = append(binary.AppendVarint(body, int64(len(key))), key...)
		body = append(binary.AppendVarint(body, int64(len(val))), val...)
		body = binary.AppendVarint(body, 0)
		records = append(binary.AppendVarint(records, int64(len(body))), body...)
	}
	codec := s.codec
	if codec == 5 {
		codec = 2
	}
	attributes, producer, maxTime := int16(codec), int64(-1), uint64(1_700_000_000_000)
	if s.producer != 0 {
		attributes, producer = attributes|1<<4, s.producer
	}
	if s.appended != 0 {
		attributes, maxTime = attributes|1<<3, uint64(s.appended)
	}
	if s.broken {
		records = records[:len(records)-1]
	}
	records = pack(s.codec, records)
	if s.control > 0 {
		attributes |= 1 << 5
	}
	be := binary.BigEndian
	tail := be.AppendUint16(nil, uint16(attributes))
	tail = be.AppendUint32(tail, uint32(s.last-s.base))
	tail = be.AppendUint64(tail, 1_700_000_000_000)
	tail = be.AppendUint64(tail, maxTime)
	tail = be.AppendUint64(tail, uint64(producer))
	tail = be.AppendUint16(tail, 0)
	tail = be.AppendUint32(tail, 0)
	count := int32(len(s.offsets))
	if s.claim != 0 {
		count = s.claim
	}
	tail = be.AppendUint32(tail, uint32(count))
	tail = append(tail, records...)
	crc := crc32.Checksum(tail, crc32.MakeTable(crc32.Castagnoli))
	if s.badCRC {
		crc++
	}
	out := be.AppendUint64(nil, uint64(s.base))
	out = be.AppendUint32(out, uint32(len(tail)+9))
	out = be.AppendUint32(out, 0)
	out = append(out, 2)
	out = be.AppendUint32(out, crc)
	return fakeBatch{base: s.base, last: s.last, bytes: append(out, tail...)}
}

func logOf(specs ...spec) *fakeLog {
	l := &fakeLog{}
	for _, s := range specs {
		l.add(s)
	}
	return l
}

// wide makes every record larger than the smallest fetch, so that such a fetch brings one batch.
func wide(specs ...spec) []spec {
	for i := range specs {
		specs[i].size = 1 << 10
	}
	return specs
}
