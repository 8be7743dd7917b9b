package kafka_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/ingest/kafka/kafkatest"
)

// secured is a configuration for one of the broker's doors.
func secured(b *kafkatest.Broker, t *testing.T, addr, mechanism string) kafka.Config {
	cfg := realConfig(b, t)
	cfg.Brokers = []string{addr}
	if mechanism != "" {
		cfg.SASL = kafka.SASL{Mechanism: mechanism, User: kafkatest.User, Password: kafkatest.Password}
	}
	if addr == b.TLSAddr || addr == b.MTLSAddr {
		cfg.TLS = kafka.TLS{Enabled: true, CAFile: b.Certificates.CA}
	}
	if addr == b.MTLSAddr {
		cfg.TLS.CertFile, cfg.TLS.KeyFile = b.Certificates.Cert, b.Certificates.Key
	}
	return cfg
}

// Records are read over every way to log in, as a member of a group and without one.
func realLogins(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, nil)
	send(t, b.Client(t, manual()), topic, "v")
	for name, cfg := range map[string]kafka.Config{
		"plain":                    secured(b, t, b.SASLAddr, "plain"),
		"scram-sha-256":            secured(b, t, b.SASLAddr, "scram-sha-256"),
		"scram-sha-512":            secured(b, t, b.SASLAddr, "scram-sha-512"),
		"plain over TLS":           secured(b, t, b.TLSAddr, "plain"),
		"scram-sha-512 over TLS":   secured(b, t, b.TLSAddr, "scram-sha-512"),
		"with a certificate (TLS)": secured(b, t, b.MTLSAddr, ""),
	} {
		t.Run(name, func(t *testing.T) {
			for _, assignment := range []string{kafka.AssignStatic, kafka.AssignGroup} {
				cfg.Assignment, cfg.Group = assignment, "g-"+topic+name
				if got := readFrom(t, next(t, open(t, cfg, topic)), topic, 0, 1); len(got.values) != 1 || got.values[0] != "v" {
					t.Fatalf("%s: read %v", assignment, got.values)
				}
			}
		})
	}
}

// A broker that does not let us in is one line with the address and what to look at, and it is not tried again.
func realRefusals(t *testing.T, b *kafkatest.Broker) {
	topic := topicOf(t)
	b.CreateTopic(t, topic, 1, nil)
	for name, c := range map[string]struct {
		addr, mechanism string
		change          func(*kafka.Config)
		is              error
		says            []string
	}{
		"wrong password, plain":   {b.SASLAddr, "plain", func(c *kafka.Config) { c.SASL.Password = "wrong" }, ingest.ErrAuth, []string{"kafka.sasl", kafkatest.User}},
		"wrong password, scram":   {b.SASLAddr, "scram-sha-512", func(c *kafka.Config) { c.SASL.Password = "wrong" }, ingest.ErrAuth, []string{"kafka.sasl", kafkatest.User}},
		"unknown user":            {b.TLSAddr, "scram-sha-512", func(c *kafka.Config) { c.SASL.User = "nobody" }, ingest.ErrAuth, []string{"kafka.sasl", "nobody"}},
		"no login":                {b.SASLAddr, "", func(*kafka.Config) {}, ingest.ErrNoBroker, []string{"kafka.sasl"}},
		"wrong CA":                {b.TLSAddr, "plain", func(c *kafka.Config) { c.TLS.CAFile = b.Certificates.OtherCA }, ingest.ErrNoBroker, []string{"kafka.tls"}},
		"another name":            {b.TLSAddr, "plain", func(c *kafka.Config) { c.TLS.ServerName = "kafka.example" }, ingest.ErrNoBroker, []string{"kafka.tls", "kafka.example"}},
		"no TLS to a TLS port":    {b.TLSAddr, "plain", func(c *kafka.Config) { c.TLS = kafka.TLS{} }, ingest.ErrAuth, []string{"kafka.tls"}},
		"TLS to a plain port":     {b.Addr, "", func(c *kafka.Config) { c.TLS = kafka.TLS{Enabled: true, CAFile: b.Certificates.CA} }, ingest.ErrNoBroker, []string{"kafka.tls"}},
		"no client certificate":   {b.MTLSAddr, "", func(c *kafka.Config) { c.TLS.CertFile, c.TLS.KeyFile = "", "" }, ingest.ErrNoBroker, []string{"kafka.tls"}},
		"a stranger's":            {b.MTLSAddr, "", func(c *kafka.Config) { c.TLS.CertFile, c.TLS.KeyFile = b.Certificates.Stranger, b.Certificates.Odd }, ingest.ErrNoBroker, []string{"kafka.tls"}},
		"unknown topic":           {b.SASLAddr, "plain", func(*kafka.Config) {}, ingest.ErrNoTopic, []string{"duty.none", "create the topic"}},
		"mechanism not in use":    {b.Addr, "plain", func(*kafka.Config) {}, ingest.ErrAuth, []string{"kafka.sasl"}},
		"certificate without key": {b.MTLSAddr, "", func(c *kafka.Config) { c.TLS.KeyFile = "" }, nil, []string{"kafka.tls", "cert_file and key_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := secured(b, t, c.addr, c.mechanism)
			c.change(&cfg)
			asked := topic
			if errors.Is(c.is, ingest.ErrNoTopic) {
				asked = "duty.none"
			}
			src, err := kafka.Open(t.Context(), cfg, []string{asked}, slog.New(slog.DiscardHandler))
			if err == nil {
				_ = src.Close()
				t.Fatal("opened")
			}
			if c.is != nil && (!errors.Is(err, c.is) || !ingest.IsStop(err)) {
				t.Errorf("err = %v", err)
			}
			if strings.Contains(err.Error(), "\n") || c.is != nil && !strings.Contains(err.Error(), c.addr) {
				t.Errorf("not one line with the address: %q", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
}
