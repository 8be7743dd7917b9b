package broker

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
)

// How many bytes are handed to the producer between two looks at the backlog. Small against DefaultMaxUnread, so that
// the limit holds, and large enough for full record batches.
const stretchBytes = 1 << 20

func newProducer(addr, user, pass string) (*kgo.Client, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(addr),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		// The bytes never leave the machine: compressing them would cost what decoding them costs again.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerBatchMaxBytes(maxMessageBytes),
		kgo.ProducerLinger(0),
		kgo.MaxBufferedRecords(1 << 20),
	}
	if user != "" {
		opts = append(opts, kgo.SASL(plain.Auth{User: user, Pass: pass}.AsMechanism()))
	}
	return kgo.NewClient(opts...)
}

// Produce appends messages to their partitions in the order given and returns when the broker has them all. It waits
// while more than Config.MaxUnread bytes lie beyond what Trim was told; ctx ends the wait, and what was not handed over
// by then has got no offset. The messages may be changed once it returns. One topic must be produced by one goroutine
// at a time, or the order between the calls is open.
func (b *Broker) Produce(ctx context.Context, name string, messages []Message) error {
	for len(messages) > 0 {
		if err := b.wait(ctx); err != nil {
			return err
		}
		n, bytes := 0, 0
		for n < len(messages) && bytes < stretchBytes {
			bytes += len(messages[n].Key) + len(messages[n].Value)
			n++
		}
		if err := b.produce(ctx, name, messages[:n]); err != nil {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// produce sends one stretch and checks that the offsets are the ones that a rerun would get.
func (b *Broker) produce(ctx context.Context, name string, messages []Message) error {
	b.mu.Lock()
	t := b.topics[name]
	b.mu.Unlock()
	if t == nil {
		return fmt.Errorf("produce to topic %s: no such topic", name)
	}
	var (
		// A stretch that was begun is finished: an abandoned one would leave open which offsets were given.
		detached = context.WithoutCancel(ctx)
		records  = make([]kgo.Record, len(messages))
		wg       sync.WaitGroup
		once     sync.Once
		failed   error
	)
	for i := range messages {
		m, r := &messages[i], &records[i]
		if int(m.Partition) >= len(t.parts) || m.Partition < 0 {
			return fmt.Errorf("produce to topic %s: no partition %d", name, m.Partition)
		}
		*r = kgo.Record{Topic: name, Partition: m.Partition, Key: m.Key, Value: m.Value, Timestamp: m.Time}
		if m.SourcePos >= 0 {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: SourcePosHeader, Value: strconv.AppendInt(nil, m.SourcePos, 10)})
		}
		for _, h := range m.Headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
	}
	wg.Add(len(records))
	for i := range records {
		b.producer.Produce(detached, &records[i], func(_ *kgo.Record, err error) {
			if err != nil {
				once.Do(func() { failed = err })
			}
			wg.Done()
		})
	}
	wg.Wait()
	if failed != nil {
		return fmt.Errorf("produce to topic %s: %w", name, failed)
	}
	return b.account(name, t, records)
}

// account adds a finished stretch to the backlog, or drops it at once where the ledger is already beyond it.
func (b *Broker) account(name string, t *topic, records []kgo.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	sizes := make([]int64, len(t.parts))
	for i := range records {
		r := &records[i]
		p := &t.parts[r.Partition]
		if r.Offset != p.next {
			return fmt.Errorf("produce to %s[%d]: message got offset %d instead of %d: somebody else produces to the embedded broker",
				name, r.Partition, r.Offset, p.next)
		}
		p.next++
		sizes[r.Partition] += int64(len(r.Key) + len(r.Value))
	}
	for id, bytes := range sizes {
		if bytes == 0 && t.parts[id].trimmed <= t.parts[id].deleted {
			continue
		}
		p := &t.parts[id]
		p.runs = append(p.runs, run{end: p.next, bytes: bytes})
		b.unread += bytes
		if err := b.settle(name, int32(id), p); err != nil {
			return err
		}
	}
	return nil
}

// AddPartitions gives a topic more partitions, n in all. Nothing may be produced meanwhile.
func (b *Broker) AddPartitions(ctx context.Context, name string, n int32) error {
	req := kmsg.NewPtrCreatePartitionsRequest()
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = name, n
	req.Topics, req.TimeoutMillis = append(req.Topics, rt), 10_000
	resp, err := req.RequestWith(ctx, b.producer)
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		return fmt.Errorf("add partitions to topic %s: %w", name, err)
	}
	// A producer learns of new partitions when it next looks at the metadata, some time or other; a new one knows them.
	producer, err := b.connect()
	if err != nil {
		return fmt.Errorf("add partitions to topic %s: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.producer.Close()
	b.producer = producer
	t := b.topics[name]
	t.parts = append(t.parts, make([]part, int(n)-len(t.parts))...)
	return nil
}
