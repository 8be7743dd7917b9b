package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// Config says which brokers to read from and how.
type Config struct {
	Brokers []string `yaml:"brokers"` // host:port; one that answers is enough
	Group   string   `yaml:"group"`   // consumer group; workers of a group share the partitions

	// Assignment is "group" (the brokers share out the partitions) or "static" (Static says which are ours; nobody
	// rebalances, and nobody takes over).
	Assignment string `yaml:"assignment"`
	Static     Static `yaml:"static"`

	// OutOfRange says what to do when the offset to read is no longer on the broker: "fail", or "skip-and-record",
	// which goes on at the first offset there is and leaves a row in duty.rejects.
	OutOfRange string `yaml:"out_of_range"`

	FetchMaxBytes int           `yaml:"fetch_max_bytes"` // per fetch; 4 MiB was three times faster than 16 MiB
	FetchMaxWait  time.Duration `yaml:"fetch_max_wait"`  // how long a fetch waits for a record
	BatchMaxBytes int           `yaml:"batch_max_bytes"` // a record batch that is larger, or unpacks to more, is not read: stop
	StallTimeout  time.Duration `yaml:"stall_timeout"`   // records announced and none delivered for so long: stop

	SessionTimeout time.Duration `yaml:"session_timeout"` // a worker that is silent for so long loses its partitions
	WatchInterval  time.Duration `yaml:"watch_interval"`  // how often to look for new partitions

	TLS  TLS  `yaml:"tls"`
	SASL SASL `yaml:"sasl"`
}

// Static picks the partitions whose number modulo Count is Index.
type Static struct {
	Index int `yaml:"index"` // of this worker, from 0
	Count int `yaml:"count"` // of all workers
}

// TLS secures the connections.
type TLS struct {
	Enabled    bool   `yaml:"enabled"`     // connect with TLS
	CAFile     string `yaml:"ca_file"`     // PEM; empty means the system's
	CertFile   string `yaml:"cert_file"`   // PEM, for brokers that ask for a client certificate
	KeyFile    string `yaml:"key_file"`    // PEM, its key
	ServerName string `yaml:"server_name"` // expected in the brokers' certificates; empty means the host name
}

// SASL logs in.
type SASL struct {
	Mechanism    string `yaml:"mechanism"`     // plain, scram-sha-256, scram-sha-512; empty means none
	User         string `yaml:"user"`          // to log in as
	Password     string `yaml:"password"`      // better given as a variable or a file than written here
	PasswordFile string `yaml:"password_file"` // file that holds the password in its first line
}

// The values of Assignment and OutOfRange.
const (
	AssignGroup   = "group"
	AssignStatic  = "static"
	Fail          = "fail"
	SkipAndRecord = "skip-and-record"
)

// DefaultConfig is everything but the brokers.
func DefaultConfig() Config {
	return Config{
		Group:          "dutyflow",
		Assignment:     AssignGroup,
		Static:         Static{Count: 1},
		OutOfRange:     Fail,
		FetchMaxBytes:  4 << 20,
		FetchMaxWait:   500 * time.Millisecond,
		BatchMaxBytes:  64 << 20,
		StallTimeout:   time.Minute,
		SessionTimeout: 45 * time.Second,
		WatchInterval:  15 * time.Second,
	}
}

// Validate names the first field that cannot be right.
func (c Config) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("brokers: name at least one broker as host:port")
	}
	for i, b := range c.Brokers {
		if _, port, err := net.SplitHostPort(b); err != nil || port == "" {
			return fmt.Errorf("brokers[%d]: %q is not host:port", i, b)
		}
	}
	switch c.Assignment {
	case AssignGroup:
		if c.Group == "" {
			return errors.New("group: must not be empty with assignment: group")
		}
	case AssignStatic:
		if c.Static.Count < 1 || c.Static.Index < 0 || c.Static.Index >= c.Static.Count {
			return fmt.Errorf("static: index %d of count %d: index must lie in [0, count)", c.Static.Index, c.Static.Count)
		}
	default:
		return fmt.Errorf("assignment: %q is neither %s nor %s", c.Assignment, AssignGroup, AssignStatic)
	}
	if c.OutOfRange != Fail && c.OutOfRange != SkipAndRecord {
		return fmt.Errorf("out_of_range: %q is neither %s nor %s", c.OutOfRange, Fail, SkipAndRecord)
	}
	if c.FetchMaxBytes < 1<<10 || c.FetchMaxBytes > 64<<20 {
		return fmt.Errorf("fetch_max_bytes: %d is not between 1 KiB and 64 MiB", c.FetchMaxBytes)
	}
	for name, d := range map[string]time.Duration{
		"fetch_max_wait": c.FetchMaxWait, "stall_timeout": c.StallTimeout,
		"session_timeout": c.SessionTimeout, "watch_interval": c.WatchInterval,
	} {
		if d <= 0 {
			return fmt.Errorf("%s: must be longer than 0", name)
		}
	}
	if c.BatchMaxBytes < 1<<20 || c.BatchMaxBytes > 1<<30 {
		return fmt.Errorf("batch_max_bytes: %d is not between 1 MiB and 1 GiB", c.BatchMaxBytes)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		return errors.New("tls: cert_file and key_file belong together")
	}
	switch c.SASL.Mechanism {
	case "":
	case "plain", "scram-sha-256", "scram-sha-512":
		if c.SASL.User == "" {
			return errors.New("sasl.user: must not be empty")
		}
		if c.SASL.Password != "" && c.SASL.PasswordFile != "" {
			return errors.New("sasl: give password or password_file, not both")
		}
	default:
		return fmt.Errorf("sasl.mechanism: %q is none of plain, scram-sha-256, scram-sha-512", c.SASL.Mechanism)
	}
	return nil
}

// Check does what Validate does and reads the files that the configuration names. It asks no broker.
func (c Config) Check() error {
	if err := c.Validate(); err != nil {
		return err
	}
	if _, err := c.TLS.config(); err != nil {
		return err
	}
	_, err := c.SASL.mechanism()
	return err
}

// addrs is the brokers as people read them.
func (c Config) addrs() string { return strings.Join(c.Brokers, ",") }

func (t TLS) config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file %s, tls.key_file %s: %w", t.CertFile, t.KeyFile, err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

func (s SASL) mechanism() (sasl.Mechanism, error) {
	if s.Mechanism == "" {
		return nil, nil
	}
	password := s.Password
	if s.PasswordFile != "" {
		b, err := os.ReadFile(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("sasl.password_file: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	switch s.Mechanism {
	case "plain":
		return plain.Mechanism{Username: s.User, Password: password}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, s.User, password)
	default:
		return scram.Mechanism(scram.SHA512, s.User, password)
	}
}
