package kafka

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Message is a record to send.
type Message struct {
	Topic      string
	Key, Value []byte // Value nil is a null value
	Time       time.Time
}

const (
	// Messages kept back until they are sent together, and their bytes: what one request per partition carries well.
	sendMessages = 10_000
	sendBytes    = 4 << 20
)

// Producer sends messages, those of one key to one partition and in order. It is not safe for concurrent use.
type Producer struct {
	source *Source
	writer *kafkago.Writer
	held   []kafkago.Message
	arena  []byte
}

// OpenProducer connects to the cluster and checks that the topics are there.
func OpenProducer(ctx context.Context, cfg Config, topics []string) (*Producer, error) {
	source, err := open(ctx, cfg, topics, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return &Producer{source: source, writer: &kafkago.Writer{
		Addr: source.client.Addr, Transport: source.transport,
		Balancer:     kafkago.Murmur2Balancer{Consistent: true}, // where the Java client would put the key
		RequiredAcks: kafkago.RequireAll,
		Compression:  kafkago.Lz4,
		BatchSize:    sendMessages, BatchBytes: 1 << 20, // what brokers take by default
		BatchTimeout: time.Millisecond, // a call brings all there is: nothing to wait for
	}}, nil
}

// Produce takes a message; its bytes may be changed afterwards. It is sent with others, at the latest by Flush or Close.
func (p *Producer) Produce(ctx context.Context, m Message) error {
	p.held = append(p.held, kafkago.Message{Topic: m.Topic, Key: p.keep(m.Key), Value: p.keep(m.Value), Time: m.Time})
	if len(p.held) < sendMessages && len(p.arena) < sendBytes {
		return nil
	}
	return p.Flush(ctx)
}

func (p *Producer) keep(b []byte) []byte {
	if b == nil {
		return nil
	}
	start := len(p.arena)
	p.arena = append(p.arena, b...)
	return p.arena[start:len(p.arena):len(p.arena)]
}

// Flush returns when every message taken is acknowledged by all in-sync replicas. After an error some may have been
// delivered: sending them again is harmless, since records carry their own identity.
func (p *Producer) Flush(ctx context.Context) error {
	if len(p.held) == 0 {
		return nil
	}
	err := p.writer.WriteMessages(ctx, p.held...)
	clear(p.held)
	p.held, p.arena = p.held[:0], p.arena[:0]
	if err != nil {
		return fmt.Errorf("produce to Kafka at %s: %w; run the command again: records that arrive twice count once", p.source.cfg.addrs(), err)
	}
	return nil
}

// Close sends what is held and closes the connections.
func (p *Producer) Close() error {
	err := p.Flush(context.Background())
	if closeErr := p.writer.Close(); err == nil {
		err = closeErr
	}
	p.source.transport.CloseIdleConnections()
	return err
}

var _ io.Closer = (*Producer)(nil)
