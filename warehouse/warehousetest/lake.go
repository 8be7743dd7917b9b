package warehousetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
)

// ErrInjected is the cause of every injected failure.
var ErrInjected = errors.New("injected failure")

// Lake is a lake of a test.
type Lake struct {
	*warehouse.Lake
	Config warehouse.Config // how it was opened; change a copy to open it in another way

	t testing.TB
}

// Option changes the lake that New creates.
type Option func(*warehouse.Config)

// New creates a lake in a temporary directory. When the test ends it is verified and closed.
func New(t testing.TB, tables []warehouse.Table, opts ...Option) *Lake {
	t.Helper()
	cfg := warehouse.DefaultConfig()
	cfg.Dir = t.TempDir()
	for _, o := range opts {
		o(&cfg)
	}
	l, err := warehouse.Create(context.Background(), cfg, tables)
	if err != nil {
		t.Fatalf("create lake: %v", err)
	}
	lake := &Lake{Lake: l, Config: cfg, t: t}
	t.Cleanup(func() {
		lake.RequireSound()
		if err := lake.Close(); err != nil {
			t.Errorf("close lake: %v", err)
		}
	})
	return lake
}

// Reopen opens a lake again that the test has closed, to do something to its files. It has no faults any more.
func (l *Lake) Reopen() {
	l.t.Helper()
	l.Config.Faults = warehouse.Faults{}
	opened, err := warehouse.Open(context.Background(), l.Config)
	if err != nil {
		l.t.Fatalf("open lake again: %v", err)
	}
	l.Lake = opened
}

// RequireSound verifies the whole lake.
func (l *Lake) RequireSound() {
	l.t.Helper()
	problems, err := l.Verify(context.Background())
	if err != nil {
		l.t.Errorf("verify lake: %v", err)
	}
	for _, p := range problems {
		l.t.Errorf("lake is unsound: %s", p)
	}
}

// Another opens the lake a second time, as another worker does. It has no faults, and is closed when the test ends.
func (l *Lake) Another() *warehouse.Lake {
	l.t.Helper()
	cfg := l.Config
	cfg.Faults = warehouse.Faults{}
	other, err := warehouse.Open(context.Background(), cfg)
	if err != nil {
		l.t.Fatalf("open lake again: %v", err)
	}
	l.t.Cleanup(func() { _ = other.Close() })
	return other
}

// FailWrite makes the nth write of a data, manifest or metadata file fail, counted from 1 after the creation.
func FailWrite(n int64) Option {
	return func(c *warehouse.Config) {
		c.Faults.Write = nth(n, func(string) error { return ErrInjected })
	}
}

// LoseAnswer makes the nth commit land and its caller see an error.
func LoseAnswer(n int64) Option {
	return func(c *warehouse.Config) {
		c.Faults.Answer = nth(n, func(string) error { return ErrInjected })
	}
}

// Crash ends the nth commit when all its files are written and the catalog does not point to them yet.
func Crash(n int64) Option {
	return func(c *warehouse.Config) {
		c.Faults.Commit = nth(n, func(string) error { return ErrInjected })
	}
}

// BeforeCommit runs f within the nth commit, when all its files are written and the catalog does not point to them
// yet: the moment at which another writer does the most harm.
func BeforeCommit(n int64, f func()) Option {
	return func(c *warehouse.Config) {
		c.Faults.Commit = nth(n, func(string) error { f(); return nil })
	}
}

func nth(n int64, f func(string) error) func(string) error {
	var calls atomic.Int64
	return func(what string) error {
		if calls.Add(1) != n {
			return nil
		}
		return f(what)
	}
}
