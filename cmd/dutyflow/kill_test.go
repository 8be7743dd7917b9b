package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest/broker"
)

// start starts dutyflow as a process of its own in the program's directory.
func (p *program) start(ctx context.Context, args ...string) (*exec.Cmd, *bytes.Buffer) {
	p.t.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"--dir", p.dir}, args...)...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), p.env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return cmd, &output
}

// sentinel is a writer that tells when a text has gone through it.
type sentinel struct {
	text []byte
	seen chan struct{}

	mu  sync.Mutex
	all bytes.Buffer
}

func (s *sentinel) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := bytes.Contains(s.all.Bytes(), s.text)
	s.all.Write(p)
	if !before && bytes.Contains(s.all.Bytes(), s.text) {
		close(s.seen)
	}
	return len(p), nil
}

func (s *sentinel) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// startUntil starts a command and returns when it has printed text.
func (p *program) startUntil(text string, args ...string) (*exec.Cmd, *sentinel) {
	p.t.Helper()
	watch := &sentinel{text: []byte(text), seen: make(chan struct{})}
	cmd := exec.Command(os.Args[0], append([]string{"--dir", p.dir}, args...)...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), p.env...)
	cmd.Stdout, cmd.Stderr = watch, watch
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the process; the test reads the answer or the buffer keeps it
	select {
	case <-watch.seen:
	case err := <-ended:
		p.t.Fatalf("dutyflow %v ended before it printed %q: %v\n%s", args, text, err, watch)
	case <-time.After(2 * time.Minute):
		_ = cmd.Process.Kill()
		p.t.Fatalf("dutyflow %v did not print %q\n%s", args, text, watch)
	}
	p.ended = ended
	return cmd, watch
}

// killed starts a command and kills it with SIGKILL after a while; it reports whether the command had finished before.
func (p *program) killed(after time.Duration, args ...string) (finished bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	cmd, output := p.start(ctx, args...)
	err := cmd.Wait()
	if ctx.Err() == nil && err != nil {
		p.t.Fatalf("dutyflow %v: %v\n%s", args, err, output)
	}
	return err == nil
}

// figures are what must not change when a load is repeated, killed or taken back and restored.
func (p *program) figures() string {
	p.t.Helper()
	var all bytes.Buffer
	for _, sql := range []string{
		`select * from v_case order by all`,
		`select * from v_step_run order by all`,
		`select * from v_metric_month order by all`,
		`select reason, field, source, event_id, count(*) as n from v_reject group by all order by all`,
	} {
		all.WriteString(p.ok("query", "--format", "json", sql))
	}
	return all.String()
}

// generated writes n records of the simulated city, some of them invalid, and returns the file.
func generated(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "records.ndjson.gz")
	newProgram(t).ok("generate", "--records", strconv.Itoa(n), "--seed", "7", "--out", path)
	return path
}

// A load that is killed with SIGKILL at any moment and started again ends with the figures of one that never was;
// loading once more changes nothing.
func TestLoad_KilledAtAnyMomentChangesNoFigure(t *testing.T) {
	file := generated(t, 30_000)
	whole := newProgram(t)
	whole.ok("load", file)
	want := whole.figures()

	killed := newProgram(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for kills < 12 {
		if killed.killed(time.Duration(50+random.IntN(1500))*time.Millisecond, "load", file) {
			break
		}
		kills++
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("the load was never killed: nothing was tested")
	}
	killed.ok("load", file)
	if got := killed.figures(); got != want {
		t.Error("the figures after being killed differ from those of a load in one go")
	}
	killed.ok("load", file)
	if got := killed.figures(); got != want {
		t.Error("loading the same file again changed the figures")
	}
	killed.requireEach(30_000)
}

// requireEach checks that the lake holds n records, each as a row or as a reject, and that its files agree with its ledger.
func (p *program) requireEach(n int) {
	p.t.Helper()
	var rows int
	for _, r := range p.jsonRows("lake", "status", "--format", "json") {
		switch r.text("table") {
		case "duty.step", "duty.work", "duty.rejects":
			rows += int(r.number("rows"))
		}
	}
	if rows != n {
		p.t.Errorf("the lake holds %d rows and rejects, want %d", rows, n)
	}
	p.ok("check", "--files") // among others: no offset twice, none beyond the ledger
}

// A load that is voided leaves no trace in the figures; unvoided, it is back to the last digit.
func TestLoad_VoidAndUnvoidRestoreTheFigures(t *testing.T) {
	p := newProgram(t)
	first, second := generated(t, 4_000), filepath.Join(t.TempDir(), "second.ndjson")
	newProgram(t).ok("generate", "--records", "3000", "--seed", "8", "--out", second)
	p.ok("load", first)
	before := p.figures()
	p.ok("load", second)
	both := p.figures()
	if before == both {
		t.Fatal("the second load changed nothing: nothing can be tested")
	}
	id := p.loadOf("second.ndjson")
	p.ok("load", "--void", id, "--reason", "loaded by mistake")
	if p.figures() != before {
		t.Error("voiding the second load does not give the figures before it")
	}
	p.ok("load", "--unvoid", id)
	if p.figures() != both {
		t.Error("unvoiding does not give the figures of both loads")
	}
}

func (p *program) loadOf(file string) string {
	p.t.Helper()
	for _, r := range p.jsonRows("load", "--list", "--format", "json") {
		if filepath.Base(r.text("file")) == file {
			return r.text("load_id")
		}
	}
	p.t.Fatalf("no load of %s", file)
	return ""
}

// cityBroker starts a broker that holds n records of the simulated city, in four partitions a topic.
func cityBroker(t *testing.T, n int64) *broker.Broker {
	t.Helper()
	b, err := broker.Start(broker.Config{
		ClusterID: "test", MaxUnread: -1,
		Topics: map[string]int32{city.StepTopic: demoPartitions, city.WorkTopic: demoPartitions},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	cfg := city.DefaultConfig()
	cfg.Records, cfg.Seed, cfg.InvalidShare = n, 7, 0.01
	generator, err := city.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := produceCity(t.Context(), b, generator); err != nil {
		t.Fatal(err)
	}
	return b
}

func brokerEnvironment(b *broker.Broker) []string {
	return []string{
		"DUTYFLOW_KAFKA_BROKERS=" + b.Addr(), "DUTYFLOW_KAFKA_ASSIGNMENT=static",
		"DUTYFLOW_INGEST_START=earliest", "DUTYFLOW_INGEST_BATCH_ROWS=2000",
	}
}

// An ingest that gets a signal commits what it has and ends well; what it had not read comes with the next run.
func TestIngest_SignalStopsGracefully(t *testing.T) {
	const n = 40_000
	p := newProgram(t)
	p.env = brokerEnvironment(cityBroker(t, n))
	cmd, output := p.startUntil("msg=committed", "ingest", "--log-level", "info")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil {
		t.Fatalf("stopped ingest: %v\n%s", err, output)
	}
	p.ok("ingest", "--until-caught-up")
	p.requireEach(n)
}

// An ingest that is killed with SIGKILL at any moment and started again ends with the figures of one that never was.
func TestIngest_KilledAtAnyMomentChangesNoFigure(t *testing.T) {
	const n = 40_000
	b := cityBroker(t, n)
	whole := newProgram(t)
	whole.env = brokerEnvironment(b)
	whole.ok("ingest", "--until-caught-up")
	whole.ok("transform")

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	killed := newProgram(t)
	killed.env = whole.env
	kills := 0
	for kills < 12 {
		if killed.killed(time.Duration(50+random.IntN(800))*time.Millisecond, "ingest", "--until-caught-up") {
			break
		}
		kills++
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("the ingest was never killed: nothing was tested")
	}
	killed.ok("ingest", "--until-caught-up")
	killed.requireEach(n)
	killed.ok("transform")
	if killed.figures() != whole.figures() {
		t.Error("the figures after being killed differ from those of an ingest in one go")
	}
}
