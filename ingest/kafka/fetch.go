package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	fetchapi "github.com/segmentio/kafka-go/protocol/fetch"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The versions of Fetch that are spoken: the first knows transactions (Kafka 0.11), the last names topics by name.
const (
	minFetchVersion = 4
	maxFetchVersion = 11
)

// Room in an answer for everything but records: headers, and the list of aborted transactions at 16 bytes each.
const answerOverhead = 1 << 20

// exchange is one fetch of one partition on a connection of kafka-go's transport, which routes it to the leader, logs
// in and reconnects. The answer is taken as bytes: kafka-go's own decoding hides the end of a batch, the aborted
// transactions and a bad checksum behind a good batch, and unpacks without a limit.
type exchange struct {
	topic     string
	partition int32
	offset    int64
	maxBytes  int
	wait      time.Duration
	limit     int   // bytes of the answer
	id        int32 // of the request

	version int16
}

// ApiKey is spelt as the interface of kafka-go wants it.
//
//nolint:revive,staticcheck // see above
func (e *exchange) ApiKey() protocol.ApiKey { return protocol.Fetch }

// Broker picks the leader.
func (e *exchange) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	like := fetchapi.Request{Topics: []fetchapi.RequestTopic{{
		Topic: e.topic, Partitions: []fetchapi.RequestPartition{{Partition: e.partition}},
	}}}
	return like.Broker(cluster)
}

// Required is asked with the versions that were agreed on for the connection, right before RawExchange.
func (e *exchange) Required(versions map[protocol.ApiKey]int16) bool {
	e.version = min(versions[protocol.Fetch], maxFetchVersion)
	return true
}

// RawExchange sends the request and reads the answer. An error closes the connection.
func (e *exchange) RawExchange(rw io.ReadWriter) (protocol.Message, error) {
	if e.version < minFetchVersion {
		return nil, errOldBroker
	}
	req := kmsg.NewPtrFetchRequest()
	req.Version = e.version
	req.MaxWaitMillis = int32(e.wait.Milliseconds())
	req.MinBytes, req.MaxBytes = 1, int32(e.maxBytes)
	req.IsolationLevel = 1 // read committed: nothing beyond the last stable offset
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = e.topic
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition, partition.FetchOffset, partition.PartitionMaxBytes = e.partition, e.offset, int32(e.maxBytes)
	topic.Partitions = append(topic.Partitions, partition)
	req.Topics = append(req.Topics, topic)
	// A connection carries one request at a time; the id shows that the answer belongs to it.
	correlation := e.id
	if _, err := rw.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID)).AppendRequest(nil, req, correlation)); err != nil {
		return nil, err
	}

	var size [4]byte
	if _, err := io.ReadFull(rw, size[:]); err != nil {
		return nil, err
	}
	n := int(int32(binary.BigEndian.Uint32(size[:])))
	switch {
	case n < 4: // no broker says so; the next connection may be better
		return nil, fmt.Errorf("read the answer to a fetch: it says that it has %d bytes", n)
	case n > e.limit:
		return nil, tooLarge(fmt.Errorf("the answer has %d bytes", n))
	}
	body := takeBody(n)
	if _, err := io.ReadFull(rw, body); err != nil {
		return nil, err
	}
	if got := int32(binary.BigEndian.Uint32(body)); got != correlation {
		putBody(body)
		return nil, fmt.Errorf("read the answer to a fetch: it belongs to request %d, not to %d", got, correlation)
	}
	a, err := e.parse(body)
	if err != nil {
		putBody(body)
		return nil, err
	}
	return a, nil
}

// parse reads an answer, which goes on to hold the body.
func (e *exchange) parse(body []byte) (*answer, error) {
	resp := kmsg.FetchResponse{Version: e.version}
	if err := resp.ReadFrom(body[4:]); err != nil {
		return nil, fmt.Errorf("read the answer to a fetch: %w", err)
	}
	if resp.ErrorCode != 0 {
		return nil, kafkago.Error(resp.ErrorCode)
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return nil, errors.New("read the answer to a fetch: it is not about the one partition that was asked for")
	}
	p := &resp.Topics[0].Partitions[0]
	if p.ErrorCode != 0 {
		return &answer{code: kafkago.Error(p.ErrorCode), body: body}, nil
	}
	a := &answer{body: body, batches: p.RecordBatches, end: p.HighWatermark}
	if p.LastStableOffset >= 0 {
		a.end = min(a.end, p.LastStableOffset)
	}
	for _, t := range p.AbortedTransactions {
		a.aborted = append(a.aborted, aborted{producer: t.ProducerID, first: t.FirstOffset})
	}
	slices.SortFunc(a.aborted, func(a, b aborted) int { return int(max(-1, min(1, a.first-b.first))) })
	return a, nil
}

// answer is what a broker said about one partition.
type answer struct {
	code    error  // of the partition
	end     int64  // end of what a reader of committed records may see
	batches []byte // those that have not been read yet
	body    []byte // batches lies in it, nil when it belongs to somebody else now

	aborted  []aborted          // transactions whose first record has not come by, in the order of their first offset
	dropping map[int64]struct{} // producers whose aborted transaction has begun and whose marker has not come by
}

type aborted struct{ producer, first int64 }

// ApiKey makes it the answer of an exchange.
//
//nolint:revive,staticcheck // spelt as the interface of kafka-go wants it
func (a *answer) ApiKey() protocol.ApiKey { return protocol.Fetch }

func (a *answer) release() {
	if a.body != nil {
		putBody(a.body)
	}
	a.body, a.batches = nil, nil
}

// shrink copies what has not been read when the body belongs to a chunk, or is much larger than that: it is kept until
// the next fetch, and nobody has reserved memory for it.
func (a *answer) shrink() {
	if a.body != nil && cap(a.body) <= 2*len(a.batches) {
		return
	}
	batches := bytes.Clone(a.batches)
	a.release()
	a.body, a.batches = batches, batches
}

// drops says whether a transactional batch belongs to an aborted transaction. Batches are asked about in order.
func (a *answer) drops(producer, last int64) bool {
	for len(a.aborted) > 0 && a.aborted[0].first <= last {
		if a.dropping == nil {
			a.dropping = make(map[int64]struct{})
		}
		a.dropping[a.aborted[0].producer] = struct{}{}
		a.aborted = a.aborted[1:]
	}
	_, dropped := a.dropping[producer]
	return dropped
}

// ends takes note of the marker that ends an aborted transaction.
func (a *answer) ends(producer, offset int64) {
	a.drops(producer, offset)
	delete(a.dropping, producer)
}

// bodies are reused: a fetch of megabytes a second would be the garbage collector's main work.
var bodies sync.Pool

func takeBody(n int) []byte {
	if b, ok := bodies.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:n]
	}
	return make([]byte, n)
}

func putBody(b []byte) {
	if cap(b) <= keepBytes {
		bodies.Put(&b)
	}
}

// request asks the leader for records from offset on.
func (r *reader) request(ctx context.Context, offset int64, maxBytes int) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	msg, err := r.src.transport.RoundTrip(ctx, r.src.client.Addr, &exchange{
		topic: r.p.Topic, partition: r.p.ID, offset: offset,
		maxBytes: maxBytes, wait: r.src.cfg.FetchMaxWait, id: r.src.requests.Add(1),
		limit: maxBytes + r.src.cfg.BatchMaxBytes + answerOverhead,
	})
	if err != nil {
		return nil, err
	}
	a, ok := msg.(*answer)
	if !ok {
		return nil, fmt.Errorf("the answer to a fetch is a %T", msg)
	}
	if a.code != nil {
		a.release()
		return nil, a.code
	}
	return a, nil
}

var errOldBroker = errors.New("the broker does not know transactions; Kafka 0.11 or later is needed")
