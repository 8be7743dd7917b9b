package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dutyflow/dutyflow/ingest/kafka/kafkatest"
)

// installed writes an example configuration as an operator would install it, with the files that it names, below a
// directory that stands for the root.
func installed(t *testing.T, example string) (config, etc string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", example, "dutyflow.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	etc = filepath.Join(root, "etc")
	state := filepath.Join(root, "state")
	for _, dir := range []string{etc, state} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	certificates, err := kafkatest.MakeCertificates(etc)
	if err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{
		"kafka-ca.pem": certificates.CA, "db-ca.pem": certificates.CA,
		"kafka-client.pem": certificates.Cert, "kafka-client.key": certificates.Key,
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		writeText(t, filepath.Join(etc, name), string(content))
	}
	writeText(t, filepath.Join(etc, "kafka-password"), "secret\n")
	writeText(t, filepath.Join(etc, "pgpass"), "db.city.example:5432:dutyflow:dutyflow:secret\n")
	writeText(t, filepath.Join(etc, "s3-credentials"), "[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
	config = filepath.Join(etc, "dutyflow.yaml")
	writeText(t, config, strings.NewReplacer("/etc/dutyflow", etc, "/var/lib/dutyflow", state).Replace(string(text)))
	return config, etc
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func runArgs(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(context.Background(), args, nil, &out, &errs)
	return code, out.String(), errs.String()
}

// The example configurations are right as they stand, and an offline check tells so without asking anybody.
func TestExamples_PassTheOfflineCheck(t *testing.T) {
	for example, says := range map[string][]string{
		"one-host":      {"scram-sha-512 over TLS", "catalog sqlite", "none yet"},
		"several-hosts": {"scram-sha-512 over TLS", "Postgres database dutyflow on db.city.example:5432", "s3://duty-lake/city", "0.0.0.0:9464"},
	} {
		t.Run(example, func(t *testing.T) {
			config, _ := installed(t, example)
			code, stdout, stderr := runArgs("--config", config, "check", "--offline")
			if code != exitDone || strings.Contains(stdout, "WRONG") {
				t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
			}
			for _, s := range says {
				if !strings.Contains(stdout, s) {
					t.Errorf("does not say %q:\n%s", s, stdout)
				}
			}
		})
	}
}

// An offline check finds what is wrong with the files and the values, each with the name of the setting.
func TestCheck_OfflineNamesTheSetting(t *testing.T) {
	for setting, spoil := range map[string]func(etc string, text string) string{
		"kafka.tls.ca_file": func(etc, text string) string {
			_ = os.Remove(filepath.Join(etc, "kafka-ca.pem"))
			return text
		},
		"kafka.tls.cert_file": func(etc, text string) string {
			_ = os.WriteFile(filepath.Join(etc, "kafka-client.key"), []byte("no key"), 0o600)
			return text
		},
		"kafka.sasl.password_file": func(etc, text string) string {
			_ = os.Remove(filepath.Join(etc, "kafka-password"))
			return text
		},
		"kafka.sasl.mechanism":     func(_, text string) string { return strings.Replace(text, "scram-sha-512", "magic", 1) },
		"kafka.brokers[0]":         func(_, text string) string { return strings.Replace(text, "kafka-1.city.example:9094", "kafka-1", 1) },
		"ingest.start":             func(_, text string) string { return strings.Replace(text, "start: earliest", "start: soon", 1) },
		"metrics.listen":           func(_, text string) string { return strings.Replace(text, "0.0.0.0:9464", "9464", 1) },
		"lake.catalog.dsn":         func(_, text string) string { return strings.Replace(text, "verify-full", "perhaps", 1) },
		"lake.s3.credentials_file": func(_, text string) string { return strings.Replace(text, "s3-credentials #", "none #", 1) },
	} {
		t.Run(setting, func(t *testing.T) {
			config, etc := installed(t, "several-hosts")
			text, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			writeText(t, config, spoil(etc, string(text)))
			code, stdout, stderr := runArgs("--config", config, "check", "--offline")
			if code != exitFailed || !strings.Contains(stdout, "WRONG") || !strings.Contains(stdout, setting) {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

// The commands of the systemd unit exist, and name the file that the examples are installed as.
func TestExamples_SystemdUnit(t *testing.T) {
	unit, err := os.ReadFile(filepath.Join("..", "..", "examples", "systemd", "dutyflow-ingest.service"))
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(string(unit)) {
		key, command, _ := strings.Cut(strings.TrimSpace(line), "=")
		if !strings.HasPrefix(key, "ExecStart") {
			continue
		}
		commands++
		args := strings.Fields(command)
		if args[0] != "/usr/local/bin/dutyflow" || !strings.Contains(command, "--config /etc/dutyflow/dutyflow.yaml") {
			t.Errorf("unexpected command %q", command)
		}
		code, stdout, stderr := runArgs(append(args[1:], "--help")...)
		if code != exitDone || !strings.Contains(stdout, "Usage:") || !strings.Contains(stdout, "dutyflow "+args[3]) {
			t.Errorf("%q: exit code %d\n%s%s", command, code, stdout, stderr)
		}
	}
	if commands != 2 {
		t.Errorf("%d commands", commands)
	}
}
