package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/kafka"
	"github.com/dutyflow/dutyflow/report"
	"github.com/dutyflow/dutyflow/transform"
	"github.com/dutyflow/dutyflow/warehouse"
)

// Config is dutyflow.yaml: one section a package, each with defaults and checks of its own.
type Config struct {
	Dir       string           `yaml:"dir"` // of everything: lake, catalog, warehouse, reports
	Lake      warehouse.Config `yaml:"lake"`
	Kafka     kafka.Config     `yaml:"kafka"`
	Ingest    ingest.Config    `yaml:"ingest"`
	Transform transform.Config `yaml:"transform"`
	Report    report.Config    `yaml:"report"`
	Metrics   Metrics          `yaml:"metrics"`
}

func defaultConfig() Config {
	return Config{
		Dir:       "dutyflow-data",
		Lake:      warehouse.DefaultConfig(),
		Kafka:     kafka.DefaultConfig(),
		Ingest:    ingest.DefaultConfig(),
		Transform: transform.DefaultConfig(),
		Report:    report.DefaultConfig(),
	}
}

// loadConfig reads the file at path (empty: ./dutyflow.yaml if it is there), then the environment over it.
func loadConfig(path string, environ []string) (Config, error) {
	cfg := defaultConfig()
	name := path
	if name == "" {
		name = "dutyflow.yaml"
	}
	text, err := os.ReadFile(name)
	switch {
	case err == nil:
		decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
		read := cfg
		switch err := decoder.Decode(&read); {
		case len(bytes.TrimSpace(text)) == 0, errors.Is(err, io.EOF): // nothing, or nothing but comments
		case err == nil:
			cfg = read
		default:
			return cfg, fmt.Errorf("read configuration %s: %s", name, yamlMessage(err))
		}
	case path == "" && errors.Is(err, fs.ErrNotExist):
	default:
		return cfg, fmt.Errorf("read configuration %s: %w", name, errors.Unwrap(err))
	}
	if err := overrideFromEnvironment(&cfg, environ); err != nil {
		return cfg, err
	}
	cfg.Lake.Dir = cfg.Dir
	for _, section := range []struct {
		name  string
		check func() error
	}{
		// kafka and ingest are checked by the commands that read Kafka: the others need neither broker nor start.
		{"lake", cfg.Lake.Validate}, {"transform", cfg.Transform.Validate}, {"report", cfg.Report.Validate},
	} {
		if err := section.check(); err != nil {
			return cfg, fmt.Errorf("configuration %s: %s: %w", name, section.name, err)
		}
	}
	return cfg, nil
}

// yamlMessage drops the excerpt that the YAML library draws below its message, which does not fit one line.
func yamlMessage(err error) string {
	message, _, _ := strings.Cut(err.Error(), "\n")
	return message
}

const environmentPrefix = "DUTYFLOW_"

// environmentElsewhere are variables with the prefix that are not configuration.
var environmentElsewhere = []string{"DUTYFLOW_DATA"}

// overrideFromEnvironment sets each field that a variable names: DUTYFLOW_DIR is dir, DUTYFLOW_KAFKA_BROKERS is
// kafka.brokers. The value is read as YAML, so a list is [a, b] or a,b. A variable that names no field is refused:
// a misspelt override that is silently ignored costs a night.
func overrideFromEnvironment(cfg *Config, environ []string) error {
	fields := map[string]reflect.Value{}
	nameFields(reflect.ValueOf(cfg).Elem(), strings.TrimSuffix(environmentPrefix, "_"), fields)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) || contains(environmentElsewhere, name) {
			continue
		}
		field, known := fields[name]
		if !known {
			return fmt.Errorf("environment variable %s names no setting; see docs/configuration.md", name)
		}
		if field.Kind() == reflect.Slice && !strings.HasPrefix(strings.TrimSpace(value), "[") {
			value = "[" + value + "]"
		}
		if field.Kind() == reflect.String {
			field.SetString(value)
			continue
		}
		if err := yaml.Unmarshal([]byte(value), field.Addr().Interface()); err != nil {
			return fmt.Errorf("environment variable %s=%s: %s", name, value, yamlMessage(err))
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}

// nameFields collects the settings below v under the name of their environment variable.
func nameFields(v reflect.Value, prefix string, into map[string]reflect.Value) {
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if key == "" || key == "-" {
			continue
		}
		name := prefix + "_" + strings.ToUpper(key)
		if field := v.Field(i); field.Kind() == reflect.Struct {
			nameFields(field, name, into)
		} else {
			into[name] = field
		}
	}
}
