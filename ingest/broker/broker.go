package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrClosed is returned by Produce once the broker is closed.
var ErrClosed = errors.New("embedded broker is closed")

// SourcePosHeader is the record header that carries a message's position in the file that it was loaded from.
const SourcePosHeader = "pos"

const (
	// The broker frees whole segments only. With 4 MiB a trimmed partition holds at most that much behind the ledger;
	// the broker's own default of 100 MiB would keep every demo in memory to its end.
	segmentBytes = 4 << 20
	// The largest message. A value of 1 MiB is within the contract's limits and must arrive to be judged.
	maxMessageBytes = 16 << 20
)

// Config says what broker to start.
type Config struct {
	// ClusterID is what the broker calls itself in metadata answers, e.g. "load:<id>". It becomes _cluster.
	ClusterID string
	// Topics maps the topics to create to their number of partitions.
	Topics map[string]int32
	// MaxUnread is how many bytes of keys and values may lie in the broker beyond the ledger before Produce waits.
	// 0 means DefaultMaxUnread, a negative number means no limit.
	MaxUnread int64
	// SASL, when set, maps user names to passwords that the broker accepts with PLAIN. Produce uses one of them.
	SASL map[string]string
}

// DefaultMaxUnread keeps a reader that is slower than the producer from filling the memory, and a reader that is faster
// from running dry: it is 16 fetches.
const DefaultMaxUnread = 64 << 20

// Message is a record to produce.
type Message struct {
	Partition int32
	Key       []byte
	Value     []byte // nil is a null value
	Time      time.Time
	SourcePos int64 // position in a file, sent as header "pos" when >= 0
	Headers   []Header
}

// Header is a record header.
type Header struct {
	Key   string
	Value []byte
}

// Broker is a running broker.
type Broker struct {
	cluster   *kfake.Cluster
	connect   func() (*kgo.Client, error) // makes a producer
	producer  *kgo.Client
	conns     *tracker
	addr      string
	maxUnread int64

	mu     sync.Mutex
	topics map[string]*topic
	unread int64
	freed  chan struct{} // closed and replaced whenever unread shrinks
	closed bool
}

type topic struct {
	parts []part
}

// part is what the broker knows of a partition's backlog.
type part struct {
	next    int64 // offset of the next message
	trimmed int64 // everything below is in the lake, whether or not it has been produced yet
	deleted int64 // everything below has been deleted
	runs    []run // what has been produced beyond trimmed, in offset order
}

// run is a stretch of messages produced by one call.
type run struct {
	end   int64 // offset after the last
	bytes int64
}

// Start starts a broker on a random port of the loopback interface.
func Start(c Config) (*Broker, error) {
	if c.ClusterID == "" {
		return nil, errors.New("start embedded broker: cluster id is empty")
	}
	conns := newTracker()
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(conns.listen),
		kfake.ClusterID(c.ClusterID),
		kfake.BrokerConfigs(map[string]string{
			"log.segment.bytes": strconv.Itoa(segmentBytes),
			"message.max.bytes": strconv.Itoa(maxMessageBytes),
		}),
	}
	var user, pass string
	if len(c.SASL) > 0 {
		opts = append(opts, kfake.EnableSASL())
		for user, pass = range c.SASL {
			opts = append(opts, kfake.Superuser("PLAIN", user, pass))
		}
	}
	for name, partitions := range c.Topics {
		opts = append(opts, kfake.SeedTopics(partitions, name))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, fmt.Errorf("start embedded broker %s: %w", c.ClusterID, err)
	}
	b := &Broker{
		cluster:   cluster,
		conns:     conns,
		addr:      cluster.ListenAddrs()[0],
		maxUnread: c.MaxUnread,
		topics:    make(map[string]*topic),
		freed:     make(chan struct{}),
	}
	if b.maxUnread == 0 {
		b.maxUnread = DefaultMaxUnread
	}
	for name, partitions := range c.Topics {
		b.topics[name] = &topic{parts: make([]part, partitions)}
	}
	b.connect = func() (*kgo.Client, error) { return newProducer(b.addr, user, pass) }
	if b.producer, err = b.connect(); err != nil {
		cluster.Close()
		return nil, fmt.Errorf("start embedded broker %s: %w", c.ClusterID, err)
	}
	return b, nil
}

// Addr is the broker's host:port.
func (b *Broker) Addr() string { return b.addr }

// Cluster is the fake cluster itself, for tests that intercept requests.
func (b *Broker) Cluster() *kfake.Cluster { return b.cluster }

// CreateTopic adds a topic. Creating one that exists is an error.
func (b *Broker) CreateTopic(name string, partitions int32) error {
	if err := b.cluster.CreateTopic(name, partitions, nil); err != nil {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	b.mu.Lock()
	b.topics[name] = &topic{parts: make([]part, partitions)}
	b.mu.Unlock()
	return nil
}

// Next is the offset that the next message of each partition of a topic will get.
func (b *Broker) Next(name string) []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[name]
	if t == nil {
		return nil
	}
	next := make([]int64, len(t.parts))
	for i := range t.parts {
		next[i] = t.parts[i].next
	}
	return next
}

// Close stops the broker and waits until its connections are gone. Calling it twice is harmless.
func (b *Broker) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	close(b.freed) // wakes waiting producers; closed says why
	b.mu.Unlock()
	b.producer.Close()
	b.cluster.Close()
	b.conns.closeAll()
}

// wait blocks until at most maxUnread bytes are unread.
func (b *Broker) wait(ctx context.Context) error {
	for {
		b.mu.Lock()
		freed, closed := b.freed, b.closed
		full := b.maxUnread > 0 && b.unread > b.maxUnread
		b.mu.Unlock()
		if closed {
			return ErrClosed
		}
		if !full {
			return nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Trim tells the broker which offset of each partition of a topic is the first that is not in the lake. What lies below
// is deleted, and a waiting Produce goes on. Offsets that have not been produced yet may be named: a load that starts
// again trims to its ledger first and then produces from the beginning, and what is already in the lake passes through
// without piling up.
func (b *Broker) Trim(name string, next map[int32]int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	t := b.topics[name]
	if t == nil {
		return fmt.Errorf("trim topic %s: no such topic", name)
	}
	for id, offset := range next {
		if int(id) >= len(t.parts) {
			return fmt.Errorf("trim topic %s: no partition %d", name, id)
		}
		p := &t.parts[id]
		if offset <= p.trimmed {
			continue
		}
		p.trimmed = offset
		if err := b.settle(name, id, p); err != nil {
			return err
		}
	}
	return nil
}

// settle forgets and deletes what lies below a partition's trim mark. The caller holds mu: the cluster's own calls
// never come back here.
func (b *Broker) settle(name string, id int32, p *part) error {
	n := 0
	for n < len(p.runs) && p.runs[n].end <= p.trimmed {
		b.unread -= p.runs[n].bytes
		n++
	}
	if n > 0 {
		p.runs = append(p.runs[:0], p.runs[n:]...)
		close(b.freed)
		b.freed = make(chan struct{})
	}
	to := min(p.trimmed, p.next)
	if to <= p.deleted {
		return nil
	}
	if err := b.cluster.DeleteRecords(name, id, to); err != nil {
		return fmt.Errorf("delete records of %s[%d] below %d: %w", name, id, to, err)
	}
	p.deleted = to
	return nil
}
