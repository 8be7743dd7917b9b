package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
