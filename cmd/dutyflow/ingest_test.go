package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/dutyflow/dutyflow/ingest"
)

// The CPU profile of an ingest says which stage each sample belongs to. A short run has samples of the two dearest
// stages at least.
func TestIngest_CPUProfileNamesTheStages(t *testing.T) {
	p := newProgram(t)
	p.env = brokerEnvironment(cityBroker(t, 40_000))
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	p.ok("ingest", "--until-caught-up", "--cpu-profile", path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	profile, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"stage", "decode", "encode"} {
		// As a whole string of the profile's table, not as a part of a function's name: field 6, length, bytes.
		if !bytes.Contains(profile, append([]byte{0x32, byte(len(label))}, label...)) {
			t.Errorf("no sample carries %q", label)
		}
	}
}

// A profile that cannot be written is said before anything is read.
func TestIngest_CPUProfileCannotBeWritten(t *testing.T) {
	p := newProgram(t)
	p.env = brokerEnvironment(cityBroker(t, 1))
	path := filepath.Join(t.TempDir(), "absent", "cpu.pprof")
	code, _, stderr := p.run("ingest", "--until-caught-up", "--cpu-profile", path)
	if code != exitFailed || !strings.Contains(stderr, path) || !strings.Contains(stderr, "choose a file") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// docs/ingest-metrics.md names every metric of an ingester; it follows from the declarations.
func TestGenerated_IngestMetricsDocument(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(`# Metrics of the ingest

Written from the declarations by ` + "`make docs`" + `; a test compares the two.

With ` + "`metrics.listen: 127.0.0.1:9464`" + ` in the configuration, ` + "`dutyflow ingest`" + ` serves

- ` + "`/metrics`" + `, for Prometheus: what this page lists, and what the Go runtime and the process say of themselves;
- ` + "`/healthz`" + `: 200, or 503 and which partitions stand still although there is something to read (` + "`ingest.stall_after`" + `);
- ` + "`/readyz`" + `: 200, or 503 while the worker waits for partitions.

| metric | kind | labels | meaning |
| --- | --- | --- | --- |
`)
	for _, m := range ingest.Metrics() {
		labels := "none"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&doc, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, labels, m.Help)
	}
	compareGenerated(t, filepath.Join("..", "..", "docs", "ingest-metrics.md"), doc.String())
}

// An ingest that serves metrics says where, on the loopback interface unless told otherwise; it is healthy and ready,
// and serves every metric that the document names.
func TestIngest_ServesMetricsAndHealth(t *testing.T) {
	p := newProgram(t)
	p.env = append(brokerEnvironment(cityBroker(t, 3_000)), "DUTYFLOW_METRICS_LISTEN=:0", "DUTYFLOW_INGEST_BATCH_AGE=100ms")
	cmd, output := p.startUntil("msg=committed", "ingest", "--log-level", "info")
	found := regexp.MustCompile(`address=(127\.0\.0\.1:\d+)`).FindStringSubmatch(output.String())
	if found == nil {
		t.Fatalf("no address of the loopback interface in\n%s", output)
	}
	get := func(path string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+found[1]+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v: %s", path, answer.Status, err, body)
		}
		return string(body)
	}
	get("/healthz")
	get("/readyz")
	served := get("/metrics")
	for _, m := range ingest.Metrics() {
		// A counter with labels has no line before it has counted.
		if !strings.Contains(served, m.Name) && m.Name != "dutyflow_ingest_skipped_total" && m.Name != "dutyflow_ingest_rejects_total" {
			t.Errorf("%s is not served", m.Name)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-p.ended; err != nil {
		t.Fatalf("stopped ingest: %v\n%s", err, output)
	}
}

// What is not healthy is said with 503 and the reason, for people and for what restarts containers.
func TestAnswer(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		says string
	}{{nil, http.StatusOK, "ok"}, {errors.New("duty.step[3]: nothing committed"), http.StatusServiceUnavailable, "duty.step[3]"}} {
		w := httptest.NewRecorder()
		answer(func() error { return c.err }).ServeHTTP(w, nil)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
	}
}

// Of the address to listen on, only what is named is offered to the network.
func TestMetrics_Loopback(t *testing.T) {
	for listen, want := range map[string]string{":9464": "127.0.0.1:9464", "0.0.0.0:9464": "0.0.0.0:9464", "[::1]:1": "[::1]:1", "9464": ""} {
		if got, err := (Metrics{Listen: listen}).loopback(); got != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", listen, got, err)
		}
	}
}
