package warehouse_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// Some promises hold between processes or under limits of a process. For these the test binary starts itself with a
// role in its environment.
const roleVariable = "DUTYFLOW_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "hold lock":
		holdLock(os.Args[1], os.Args[2] == "shared")
	case "fill disk":
		fillDisk(os.Args[1])
	case "create":
		_, err := warehouse.Create(context.Background(), configAt(os.Args[1]), []warehouse.Table{step})
		report(err)
	default:
		fmt.Fprintln(os.Stderr, "unknown role", role)
		os.Exit(2)
	}
}

// start runs the test binary in a role.
func start(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

func configAt(dir string) warehouse.Config {
	cfg := warehouse.DefaultConfig()
	cfg.Dir = dir
	return cfg
}

// report tells the parent what kind of error it was.
func report(err error) {
	for name, kind := range map[string]error{
		"disk full": warehouse.ErrDiskFull, "not writable": warehouse.ErrNotWritable, "catalog locked": warehouse.ErrCatalogLocked,
	} {
		if errors.Is(err, kind) {
			fmt.Fprintf(os.Stdout, "%s: %v\n", name, err)
			return
		}
	}
	fmt.Fprintln(os.Stdout, "other:", err)
}

func holdLock(dir string, shared bool) {
	_, err := warehouse.Lock(dir, "ingest", "dutyflow ingest --dir x", shared)
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		return
	}
	fmt.Fprintln(os.Stdout, "held")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends this process or closes the pipe
}

// holder starts a process that holds the lock of role ingest.
func holder(t *testing.T, dir, how string) *exec.Cmd {
	t.Helper()
	cmd := start(t, "hold lock", dir, how)
	in, err := cmd.StdinPipe()
	must(t, err)
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	if line != "held\n" {
		t.Fatalf("the other process said %q", line)
	}
	return cmd
}

// The error of a lock that is taken names the process and its command, and the lock vanishes when that process is
// killed.
func TestLock_vanishesWithProcess(t *testing.T) {
	dir := t.TempDir()
	other := holder(t, dir, "alone")
	_, err := warehouse.Lock(dir, "ingest", "me", false)
	wantErr(t, err, warehouse.ErrLocked)
	requireMessage(t, err, fmt.Sprint(other.Process.Pid), "dutyflow ingest --dir x", dir)

	unlock, err := warehouse.Lock(dir, "transform", "me", false)
	must(t, err) // another role is another lock
	unlock()

	must(t, other.Process.Kill())
	_ = other.Wait()
	unlock, err = warehouse.Lock(dir, "ingest", "me", false)
	must(t, err)
	defer unlock()
}

// Shared holders go together, and an exclusive one with none of them.
func TestLock_shared(t *testing.T) {
	dir := t.TempDir()
	holder(t, dir, "shared")
	unlock, err := warehouse.Lock(dir, "ingest", "me", true)
	must(t, err)
	_, err = warehouse.Lock(dir, "ingest", "me", false)
	wantErr(t, err, warehouse.ErrLocked)
	unlock()
	_, err = warehouse.Lock(dir, "ingest", "me", false)
	wantErr(t, err, warehouse.ErrLocked)
}

// fillDisk commits under a file size limit, which fails writes as a full disk does, until one fails. Then it lifts the
// limit and goes on.
func fillDisk(dir string) {
	// Without this the runtime ends the process on the signal that comes with the error.
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	lake, err := warehouse.Open(ctx, configAt(dir))
	if err != nil {
		report(err)
		return
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		report(err)
		return
	}
	limited := was
	var limit uint64
	if _, err := fmt.Sscan(os.Args[2], &limit); err != nil {
		report(err)
		return
	}
	limited.Cur = limit
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited); err != nil {
		report(err)
		return
	}
	commit := func(from, to int64) error {
		t := &fatal{}
		defer t.cleanup()
		files, err := lake.Stage(ctx, "step", warehousetest.Batch(t, step, stepRows(p0, max(from, 0), to)...))
		if err != nil {
			return err
		}
		return lake.Append(ctx, "step", warehouse.Append{Files: files, Moves: moves(move(p0, from, to))})
	}
	next, tries := warehouse.NoMark, 0
	for {
		to := max(next, 0) + 5
		err = commit(next, to)
		if err != nil || tries > 400 {
			break
		}
		next, tries = to, tries+1
	}
	report(err)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		report(err)
		return
	}
	if err := commit(next, max(next, 0)+5); err != nil {
		report(err)
		return
	}
	fmt.Fprintln(os.Stdout, "recovered", max(next, 0)+5)
}

// fatal is the part of testing.TB that Batch uses, for a process that is not a test.
type fatal struct {
	testing.TB
	after []func()
}

func (f *fatal) Helper()           {}
func (f *fatal) Cleanup(do func()) { f.after = append(f.after, do) }
func (f *fatal) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
func (f *fatal) cleanup() {
	for _, do := range f.after {
		do()
	}
}

// When the disk is full the commit fails with one clear line, whether it is a data file, a metadata file or the catalog
// that does not fit, the lake stays sound, and the same batch goes in as soon as there is room.
func TestLake_diskFull(t *testing.T) {
	for name, limit := range map[string]string{"data file": "2000", "metadata file": "5000", "catalog": "20000"} {
		t.Run(name, func(t *testing.T) {
			lake := warehousetest.New(t, []warehouse.Table{step})
			out, err := start(t, "fill disk", lake.Dir(), limit).Output()
			must(t, err)
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[0], "disk full: ") || !strings.HasPrefix(lines[1], "recovered ") {
				t.Fatalf("the process said:\n%s", out)
			}
			for _, part := range []string{lake.Dir(), "free space"} {
				if !strings.Contains(lines[0], part) {
					t.Errorf("the message %q does not say %q", lines[0], part)
				}
			}
			var to int64
			_, err = fmt.Sscanf(lines[1], "recovered %d", &to)
			must(t, err)
			requireOffsets(t, lake, "step", map[warehouse.Partition][]int64{p0: offsets(0, to)})
		})
	}
}

// A directory that this user may not write to is named, with what to do.
func TestCreate_notWritable(t *testing.T) {
	parent := t.TempDir()
	must(t, os.Chmod(parent, 0o555))
	t.Cleanup(func() { _ = os.Chmod(parent, 0o755) })
	dir := filepath.Join(parent, "data")
	cmd := start(t, "create", dir)
	if os.Getuid() == 0 {
		// Permissions do not hold for root. The directories above must let nobody pass.
		for p := parent; p != filepath.Dir(p) && strings.HasPrefix(p, os.TempDir()) && p != os.TempDir(); p = filepath.Dir(p) {
			must(t, os.Chmod(p, 0o555))
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Dir(parent), 0o755) })
		self := filepath.Join(os.TempDir(), fmt.Sprintf("dutyflow-warehouse-test-%d", os.Getpid()))
		binary, err := os.ReadFile(cmd.Path)
		must(t, err)
		must(t, os.WriteFile(self, binary, 0o755))
		t.Cleanup(func() { _ = os.Remove(self) })
		cmd.Path = self
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Dir = "/"
	}
	out, err := cmd.Output()
	must(t, err)
	if text := string(out); !strings.HasPrefix(text, "not writable: ") || !strings.Contains(text, dir) || strings.Count(text, "\n") != 1 {
		t.Errorf("the process said %q", text)
	}
}
