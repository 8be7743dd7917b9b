package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/city"
	"github.com/dutyflow/dutyflow/ingest/kafka/kafkatest"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// realTopics are read by the processes below, with four partitions each.
var realTopics = []string{city.StepTopic, city.WorkTopic}

const (
	realPartitions = 4
	// How long the broker waits for a worker that is dead. Every kill costs the group about so long.
	realSession = 1500 * time.Millisecond
)

// crew is a group of ingest processes that share a lake and are killed.
type crew struct {
	*program
	broker *kafkatest.Broker
	random *rand.Rand
}

func newCrew(t *testing.T) *crew {
	t.Helper()
	b := kafkatest.Start(t, kafkatest.Options{Properties: map[string]string{"group.min.session.timeout.ms": "500"}})
	for _, topic := range realTopics {
		b.CreateTopic(t, topic, realPartitions, nil)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &crew{program: newProgram(t), broker: b, random: rand.New(rand.NewPCG(seed, 0))}
	c.env = []string{
		"DUTYFLOW_KAFKA_BROKERS=" + b.Addr, "DUTYFLOW_KAFKA_GROUP=crew",
		"DUTYFLOW_KAFKA_SESSION_TIMEOUT=" + realSession.String(), "DUTYFLOW_KAFKA_FETCH_MAX_WAIT=100ms",
		"DUTYFLOW_INGEST_START=earliest", "DUTYFLOW_INGEST_TOPICS=[" + strings.Join(realTopics, ",") + "]",
		"DUTYFLOW_INGEST_BATCH_ROWS=1500", "DUTYFLOW_INGEST_BATCH_AGE=300ms",
	}
	c.generate(1, 2000)
	c.ok("ingest", "--until-caught-up") // creates the lake, so that nothing below is about its creation
	return c
}

// generate produces records of the simulated city, in a process of its own.
func (c *crew) generate(seed, records int) {
	c.t.Helper()
	cmd, output := c.start(c.t.Context(), "generate", "--kafka", "--records", strconv.Itoa(records), "--seed", strconv.Itoa(seed), "--invalid", "0.02")
	if err := cmd.Wait(); err != nil && c.t.Context().Err() == nil {
		c.t.Errorf("produce: %v\n%s", err, output)
	}
}

// worker is a running ingest.
type worker struct {
	*exec.Cmd
	output *sentinel
	ended  chan error
}

func (c *crew) work() *worker {
	c.t.Helper()
	w := &worker{output: &sentinel{text: []byte("msg=committed"), seen: make(chan struct{})}, ended: make(chan error, 1)}
	w.Cmd = exec.Command(os.Args[0], "--dir", c.dir, "ingest", "--log-level", "info")
	w.Env = append(append(os.Environ(), asProgram+"=1"), c.env...)
	w.Stdout, w.Stderr = w.output, w.output
	if err := w.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { w.ended <- w.Wait() }() // ends with the process
	return w
}

// stop ends a worker as a person would, and expects that it ends well. One that was started a moment ago may not listen
// for signals yet; then it has said nothing.
func (c *crew) stop(w *worker) {
	c.t.Helper()
	_ = w.Process.Signal(syscall.SIGTERM)
	if err := <-w.ended; err != nil && !(killedBy(err, syscall.SIGTERM) && w.output.String() == "") {
		c.t.Errorf("stopped ingest: %v\n%s", err, w.output)
	}
}

// keep compacts and expires until ctx ends, as small as the files are: every commit of the workers races with it.
func (c *crew) keep(ctx context.Context) (rounds int, err error) {
	cfg := defaultConfig().Lake
	cfg.Dir = c.dir
	lake, err := warehouse.Open(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer lake.Close()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return rounds, nil
		case <-tick.C:
		}
		result, err := lake.Compact(ctx, warehouse.CompactOptions{MinFiles: 2})
		if err == nil {
			_, err = lake.Expire(ctx, warehouse.ExpireOptions{OlderThan: time.Nanosecond, KeepLast: 3})
		}
		if err != nil && ctx.Err() == nil {
			return rounds, err
		}
		for _, step := range result.Steps {
			if step.Skipped == "" {
				rounds++
			}
		}
	}
}

// requireExactlyOnce asks DuckDB for every offset of every partition, among the rows and the rejects, and the broker for
// how many there are.
func (c *crew) requireExactlyOnce() {
	c.t.Helper()
	cfg := defaultConfig().Lake
	cfg.Dir = c.dir
	lake, err := warehouse.Open(c.t.Context(), cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	defer lake.Close()
	pinned, err := lake.Pin(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	db, err := duck.Open("", duck.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	var parts []string
	for _, s := range pinned {
		for _, table := range append([]string{"duty.rejects", "rejects"}, tableNames()...) {
			if s.Table == table {
				parts = append(parts, "select _topic, _partition, _offset from ("+duck.ScanSQL(s)+")")
			}
		}
	}
	if len(parts) != len(realTopics)+1 {
		c.t.Fatalf("%d tables to look at among %d", len(parts), len(pinned))
	}
	var total int64
	for _, topic := range realTopics {
		for id := range int32(realPartitions) {
			_, end := c.broker.Bounds(c.t, topic, id)
			total += end
			var rows, offsets, first, last int64
			query := fmt.Sprintf(`select count(*), count(distinct _offset), coalesce(min(_offset), 0), coalesce(max(_offset), -1)
				from (%s) where _topic = %s and _partition = %d`, strings.Join(parts, " union all "), duck.Literal(topic), id)
			if err := db.Scalar(c.t.Context(), query, &rows, &offsets, &first, &last); err != nil {
				c.t.Fatal(err)
			}
			if rows != end || offsets != end || first != 0 || last != end-1 {
				c.t.Errorf("%s[%d] holds %d offsets; the lake has %d rows of %d offsets in [%d, %d]", topic, id, end, rows, offsets, first, last)
			}
		}
	}
	c.t.Logf("%d records, each once", total)
	c.ok("lake", "verify")
}

func tableNames() []string {
	var names []string
	for _, topic := range realTopics {
		names = append(names, topic, strings.TrimPrefix(topic, "duty."))
	}
	return names
}

// Two and three workers of one group, killed with SIGKILL at random at least 50 times while records come in and the lake
// is compacted and expired, leave each record in the lake exactly once.
func TestRealKafka_KilledWorkers(t *testing.T) {
	kafkatest.Need(t)
	const kills = 52
	c := newCrew(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var background sync.WaitGroup
	background.Add(2)
	go func() { // ends with ctx
		defer background.Done()
		for seed := 2; ctx.Err() == nil; seed++ {
			c.generate(seed, 4000)
		}
	}()
	merged := 0
	go func() { // ends with ctx
		defer background.Done()
		var err error
		if merged, err = c.keep(ctx); err != nil {
			t.Errorf("compact and expire: %v", err)
		}
	}()
	workers := []*worker{c.work(), c.work()}
	working := 0
	pause := time.NewTimer(0)
	defer pause.Stop()
	for kill := range kills {
		if kill == kills/2 {
			workers = append(workers, c.work()) // from here on there are three
		}
		i := c.random.IntN(len(workers))
		w := workers[i]
		wait := time.Duration(c.random.IntN(2000)) * time.Millisecond
		if kill%3 == 0 {
			// In the middle of a row of commits, or soon after it has begun.
			select {
			case <-w.output.seen:
			case <-time.After(4 * realSession):
			}
			wait = time.Duration(c.random.IntN(400)) * time.Millisecond
		}
		pause.Reset(wait)
		select {
		case <-pause.C:
		case err := <-w.ended:
			t.Fatalf("a worker ended by itself: %v\n%s", err, w.output)
		}
		if strings.Contains(w.output.String(), "msg=committed") {
			working++
		}
		_ = w.Process.Kill()
		if err := <-w.ended; !killedBy(err, syscall.SIGKILL) {
			t.Fatalf("a worker ended by itself: %v\n%s", err, w.output)
		}
		workers[i] = c.work()
	}
	cancel()
	background.Wait()
	for _, w := range workers {
		c.stop(w)
	}
	c.ok("ingest", "--until-caught-up")
	t.Logf("%d kills, %d of workers that had committed; %d groups of files merged meanwhile", kills, working, merged)
	if working < kills/4 || merged == 0 {
		t.Error("the workers were hardly at work when they were killed, or nothing was merged: little was tested")
	}
	c.requireExactlyOnce()
}

func killedBy(err error, signal syscall.Signal) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == signal
}

// A worker that is paused until its partitions are another's and have moved on does no harm when it wakes, whatever it
// had in hand: in a group it finds its generation over or is fenced; with partitions of its own choosing, where nobody
// tells it, it is fenced for certain. Then it goes on from the ledger, and each record is in the lake exactly once.
func TestRealKafka_ZombieIsFenced(t *testing.T) {
	kafkatest.Need(t)
	c := newCrew(t)
	grouped := c.env
	for round, env := range [][]string{
		{"DUTYFLOW_KAFKA_ASSIGNMENT=group"}, {"DUTYFLOW_KAFKA_ASSIGNMENT=group"}, {"DUTYFLOW_KAFKA_ASSIGNMENT=static"},
	} {
		c.env = append(grouped[:len(grouped):len(grouped)], env...)
		alone := strings.HasSuffix(env[0], "static")
		zombie := c.work()
		ctx, cancel := context.WithCancel(t.Context())
		var load sync.WaitGroup
		load.Add(1)
		go func() { // ends with ctx
			defer load.Done()
			for seed := 100 * (round + 1); ctx.Err() == nil; seed++ {
				c.generate(seed, 3000)
			}
		}()
		zombie.wait(t, "msg=committed")
		if err := zombie.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		heir := c.work()
		heir.wait(t, "msg=committed") // it has the partitions and has moved their ledger
		cancel()
		load.Wait()
		c.generate(1000*(round+1), 2000)
		if alone {
			c.stop(heir) // or the two would go on to fence each other
		}
		if err := zombie.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if alone {
			zombie.wait(t, "fenced: another worker moved the ledger")
		} else {
			c.stop(heir)
		}
		c.stop(zombie)
	}
	c.env = grouped
	c.ok("ingest", "--until-caught-up")
	c.requireExactlyOnce()
}

// wait returns when the worker has printed text.
func (w *worker) wait(t *testing.T, text string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !strings.Contains(w.output.String(), text) {
		select {
		case <-tick.C:
		case err := <-w.ended:
			t.Fatalf("the worker ended: %v\n%s", err, w.output)
		case <-limit:
			_ = w.Process.Kill()
			t.Fatalf("the worker did not print %q:\n%s", text, w.output)
		}
	}
}
