package warehouse

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock takes the lock of a role, such as "ingest" or "transform", in dir, and does not wait for it. A shared lock may be held by
// several processes, none of them exclusively. The error of a lock that is taken names its holder and matches
// ErrLocked. The lock is the operating system's: it vanishes with the process, however that ends, and the file that
// stays behind means nothing by itself.
func Lock(dir, role, command string, shared bool) (unlock func(), err error) {
	path := filepath.Join(dir, role+".lock")
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, storageError("open lock", path, err)
	}
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := readHolder(f)
		_ = f.Close()
		return nil, fmt.Errorf("lock %s of %s: %w by %s; wait for it or end it", role, dir, ErrLocked, holder)
	}
	if err != nil {
		_ = f.Close()
		return nil, storageError("lock", path, err)
	}
	// The text is for the next one's message only; that it could not be written is no reason to stop.
	text := fmt.Sprintf("%d %s\n", os.Getpid(), command)
	if _, err := f.WriteAt([]byte(text), 0); err == nil {
		_ = f.Truncate(int64(len(text)))
	}
	return func() { _ = f.Close() }, nil
}

func readHolder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	pid, command, ok := strings.Cut(strings.TrimSpace(string(text)), " ")
	id, perr := strconv.Atoi(pid)
	// One of several holders of a shared lock may have written its name and ended.
	if err != nil || !ok || perr != nil || errors.Is(syscall.Kill(id, 0), syscall.ESRCH) {
		return "another process"
	}
	return fmt.Sprintf("process %s (%s)", pid, command)
}
