package kafkatest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The user that every broker knows, by SASL PLAIN and by SCRAM.
const (
	User     = "loader"
	Password = "right horse"
)

// startLimit is how long a broker may take to answer on a busy machine; stopLimit, to shut down in order.
const (
	startLimit = 2 * time.Minute
	stopLimit  = time.Minute
)

// Options of a broker.
type Options struct {
	ClusterID  string            // 22 characters of base64; empty means one that stays the same
	Properties map[string]string // server.properties over those of this package
}

// Broker is a running Apache Kafka.
type Broker struct {
	Addr     string // plain text, no login
	SASLAddr string // SASL PLAIN and SCRAM over plain text
	TLSAddr  string // TLS, SASL PLAIN and SCRAM over it
	MTLSAddr string // TLS that asks for a client certificate

	Certificates Certificates

	classPath string
	dir       string
	process   *exec.Cmd
	ended     chan struct{}
	output    string
}

// Start formats the storage, starts a broker and stops it when the test ends.
func Start(t testing.TB, o Options) *Broker {
	t.Helper()
	Need(t)
	classPath, err := jars()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "kafkatest-*")
	if err != nil {
		t.Fatal(err)
	}
	b := &Broker{classPath: classPath, dir: dir, output: filepath.Join(dir, "output.log")}
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(b.output) // helps, or is not there
			t.Logf("what the broker said at last:\n%s", log[max(0, len(log)-4000):])
		}
		b.end(syscall.SIGKILL)
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if b.Certificates, err = MakeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.configure(o); err != nil {
		t.Fatal(err)
	}
	id := o.ClusterID
	if id == "" {
		id = "dutyflowTestCluster000"
	}
	format := b.java("kafka.tools.StorageTool", "format", "-t", id, "-c", b.properties(),
		"--add-scram", fmt.Sprintf("SCRAM-SHA-512=[name=%s,password=%s]", User, Password),
		"--add-scram", fmt.Sprintf("SCRAM-SHA-256=[name=%s,password=%s]", User, Password))
	if output, err := format.CombinedOutput(); err != nil {
		t.Fatalf("format the storage of Kafka: %v\n%s", err, output)
	}
	b.Restart(t)
	return b
}

func (b *Broker) properties() string { return filepath.Join(b.dir, "server.properties") }

// java is a command of Kafka's, in little memory: a test machine has two cores and other tests.
func (b *Broker) java(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), "java", append([]string{
		"-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
		"-cp", b.classPath,
	}, args...)...)
	cmd.Dir = b.dir
	return cmd
}

// configure writes server.properties.
func (b *Broker) configure(o Options) error {
	addrs, err := freeAddresses(5)
	if err != nil {
		return err
	}
	b.Addr, b.SASLAddr, b.TLSAddr, b.MTLSAddr = addrs[0], addrs[1], addrs[2], addrs[3]
	listeners := fmt.Sprintf("PLAIN://%s,SASL://%s,TLS://%s,MTLS://%s", b.Addr, b.SASLAddr, b.TLSAddr, b.MTLSAddr)
	p := map[string]string{
		"process.roles": "broker,controller", "node.id": "1",
		"controller.quorum.voters": "1@" + addrs[4], "controller.listener.names": "CONTROLLER",
		"listeners": listeners + ",CONTROLLER://" + addrs[4], "advertised.listeners": listeners,
		"inter.broker.listener.name":     "PLAIN",
		"listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL,MTLS:SSL",
		"log.dirs":                       filepath.Join(b.dir, "data"),

		"auto.create.topics.enable": "false", "num.partitions": "1",
		"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "1",
		"transaction.state.log.replication.factor": "1", "transaction.state.log.min.isr": "1",
		"transaction.state.log.num.partitions": "1",
		"group.initial.rebalance.delay.ms":     "0",

		"log.retention.ms": "-1", // tests send records of any day

		// What takes minutes in service is a matter of moments here.
		"log.retention.check.interval.ms": "300", "log.cleaner.backoff.ms": "100", "log.initial.task.delay.ms": "100",
		"log.segment.delete.delay.ms": "0", "file.delete.delay.ms": "0",
		"log.cleaner.dedupe.buffer.size": "4194304",

		"sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
	}
	for _, listener := range []string{"sasl", "tls"} {
		prefix := "listener.name." + listener + "."
		p[prefix+"plain.sasl.jaas.config"] = fmt.Sprintf(`org.apache.kafka.common.security.plain.PlainLoginModule required user_%s="%s";`, User, Password)
		p[prefix+"scram-sha-256.sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
		p[prefix+"scram-sha-512.sasl.jaas.config"] = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	}
	for _, listener := range []string{"tls", "mtls"} {
		prefix := "listener.name." + listener + "."
		p[prefix+"ssl.keystore.type"], p[prefix+"ssl.keystore.location"] = "PEM", b.Certificates.server
		p[prefix+"ssl.truststore.type"], p[prefix+"ssl.truststore.location"] = "PEM", b.Certificates.CA
	}
	p["listener.name.mtls.ssl.client.auth"] = "required"
	for key, value := range o.Properties {
		p[key] = value
	}
	var text bytes.Buffer
	for key, value := range p {
		fmt.Fprintf(&text, "%s=%s\n", key, value)
	}
	return os.WriteFile(b.properties(), text.Bytes(), 0o600)
}

// freeAddresses returns addresses that nobody listens on now.
func freeAddresses(n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		var listen net.ListenConfig
		l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addrs[i] = l.Addr().String()
	}
	return addrs, nil
}

// Restart starts the broker over the data that it left.
func (b *Broker) Restart(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(b.output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	b.process = b.java("kafka.Kafka", b.properties())
	b.process.Stdout, b.process.Stderr = log, log
	dieWithParent(b.process)
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	b.ended = make(chan struct{})
	go func(p *exec.Cmd, ended chan struct{}) { // ends with the process
		_ = p.Wait() // how it ended is seen by who asks for it
		close(ended)
	}(b.process, b.ended)
	if err := b.ready(); err != nil {
		said, _ := os.ReadFile(b.output) // helps, or is not there
		t.Fatalf("start Kafka: %v\n%s", err, strings.TrimSpace(string(said[max(0, len(said)-4000):])))
	}
}

// ready waits until the broker answers and its coordinators can be asked.
func (b *Broker) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		return err
	}
	defer client.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-b.ended:
			return errors.New("it ended")
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s", startLimit)
		case <-tick.C:
		}
		ping, done := context.WithTimeout(ctx, 2*time.Second)
		err := client.Ping(ping)
		done()
		if err == nil {
			return nil
		}
	}
}

// Kill ends the broker as a power cut does.
func (b *Broker) Kill(t testing.TB) {
	t.Helper()
	b.end(syscall.SIGKILL)
}

// Stop shuts the broker down in order.
func (b *Broker) Stop(t testing.TB) {
	t.Helper()
	b.end(syscall.SIGTERM)
}

func (b *Broker) end(signal syscall.Signal) {
	if b.ended == nil {
		return
	}
	_ = b.process.Process.Signal(signal) // it may have ended already
	select {
	case <-b.ended:
	case <-time.After(stopLimit):
		_ = b.process.Process.Kill()
		<-b.ended
	}
}
