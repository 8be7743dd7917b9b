package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/warehouse"
)

const (
	clientID    = "dutyflow"
	dialTimeout = 10 * time.Second
	// The client refreshes its view of the cluster at random within this time; a leader change is noticed no later.
	metadataTTL = 3 * time.Second
	// One request, its connection included. Longer than any fetch waits, shorter than a person does.
	requestTimeout = 30 * time.Second
)

// Source reads the topics of one cluster. It is an ingest.Source.
type Source struct {
	cfg       Config
	log       *slog.Logger
	topics    []string
	cluster   string
	client    *kafkago.Client
	transport *kafkago.Transport
	dialer    *kafkago.Dialer
	unpacker  *unpacker
	members   membership
	requests  atomic.Int32 // fetches sent

	mu      sync.Mutex
	readers map[warehouse.Partition]*reader
}

// membership decides which partitions are ours.
type membership interface {
	next(ctx context.Context) (*generation, error)
	close() error
}

// Open connects to the cluster and checks that the topics are there. The errors say what to do about it.
func Open(ctx context.Context, cfg Config, topics []string, log *slog.Logger) (*Source, error) {
	s, err := open(ctx, cfg, topics, log)
	if err != nil {
		return nil, err
	}
	if cfg.Assignment == AssignStatic {
		s.members = newStatic(s)
		return s, nil
	}
	if s.members, err = newGroup(s); err != nil {
		s.transport.CloseIdleConnections()
		return nil, fmt.Errorf("open kafka source at %s: %w", cfg.addrs(), err)
	}
	return s, nil
}

// Probe connects to the cluster, checks that the topics are there, and returns the cluster's id. It joins no group, so
// that a look disturbs nobody.
func Probe(ctx context.Context, cfg Config, topics []string) (cluster string, err error) {
	s, err := open(ctx, cfg, topics, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	s.transport.CloseIdleConnections()
	return s.cluster, nil
}

// open connects a source that is no member of anything yet.
func open(ctx context.Context, cfg Config, topics []string, log *slog.Logger) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("kafka.%w", err)
	}
	if len(topics) == 0 {
		return nil, errors.New("connect to Kafka: no topics")
	}
	tlsConfig, err := cfg.TLS.config()
	if err != nil {
		return nil, fmt.Errorf("kafka.%w", err)
	}
	mechanism, err := cfg.SASL.mechanism()
	if err != nil {
		return nil, fmt.Errorf("kafka.%w", err)
	}
	unpacker, err := newUnpacker(cfg.BatchMaxBytes)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka at %s: %w", cfg.addrs(), err)
	}
	topics = slices.Sorted(slices.Values(topics))
	dial := &net.Dialer{Timeout: dialTimeout}
	s := &Source{
		cfg:    cfg,
		log:    log,
		topics: topics,
		transport: &kafkago.Transport{
			Dial: dial.DialContext, DialTimeout: dialTimeout, MetadataTTL: metadataTTL, MetadataTopics: topics,
			ClientID: clientID, TLS: tlsConfig, SASL: mechanism,
		},
		dialer: &kafkago.Dialer{
			ClientID: clientID, Timeout: dialTimeout, DualStack: true, TLS: tlsConfig, SASLMechanism: mechanism,
		},
		unpacker: unpacker,
		readers:  make(map[warehouse.Partition]*reader),
	}
	s.client = &kafkago.Client{Addr: kafkago.TCP(cfg.Brokers...), Timeout: requestTimeout, Transport: s.transport}
	if err := s.connect(ctx); err != nil {
		s.transport.CloseIdleConnections()
		return nil, err
	}
	return s, nil
}

// connect asks for the cluster and its topics: the first request, so every fault of address, login and name shows here.
func (s *Source) connect(ctx context.Context) error {
	meta, err := s.client.Metadata(ctx, &kafkago.MetadataRequest{Topics: s.topics})
	if err != nil {
		return s.explain(err)
	}
	if meta.ClusterID == "" {
		return fmt.Errorf("connect to Kafka at %s: the brokers name no cluster id; Kafka 0.10.1 or later is needed", s.cfg.addrs())
	}
	s.cluster = meta.ClusterID
	for _, t := range meta.Topics {
		switch {
		case errors.Is(t.Error, kafkago.TopicAuthorizationFailed):
			return ingest.Stop(fmt.Errorf("%w: topic %s on Kafka at %s: user %q may not read it: grant Read and Describe on the topic",
				ingest.ErrAuth, t.Name, s.cfg.addrs(), s.cfg.SASL.User))
		case t.Error != nil || len(t.Partitions) == 0:
			return ingest.Stop(fmt.Errorf("%w: %s on Kafka at %s (cluster %s): create the topic or correct ingest.topics",
				ingest.ErrNoTopic, t.Name, s.cfg.addrs(), s.cluster))
		}
	}
	return nil
}

// Cluster is the id of the cluster; it stands in _cluster and in the ledger.
func (s *Source) Cluster() string { return s.cluster }

// Next blocks until partitions are assigned.
func (s *Source) Next(ctx context.Context) (ingest.Generation, error) {
	g, err := s.members.next(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	clear(s.readers) // what they still hold belongs to the generation before
	s.mu.Unlock()
	return g, nil
}

// Close leaves the group and closes the connections.
func (s *Source) Close() error {
	err := s.members.close()
	s.transport.CloseIdleConnections()
	return err
}

// reader returns the state of a partition, fresh unless it stands where the caller wants to go on.
func (s *Source) reader(p warehouse.Partition, offset int64) *reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.readers[p]
	if r == nil || r.next != offset {
		r = newReader(s, p, offset)
		s.readers[p] = r
	}
	return r
}
