package warehouse

import (
	"os"
	"path/filepath"
	"syscall"
)

// writeAccess is what access(2) calls the question whether this process may write.
const writeAccess = 2

// readOnlyDSN gives the additions to the name of a SQLite catalog that this process may read and not write. In WAL mode
// SQLite creates files beside the database even to read it. While a writer is at work they are there, and reading goes
// through them; otherwise the database by itself is complete, and immutable says that nothing else is to be looked for.
// A writer that begins afterwards moves pointers that such a reader does not see: it keeps the snapshots that it found,
// and their files stay for as long as expiry keeps them.
func readOnlyDSN(file string) (string, bool) {
	if syscall.Access(file, writeAccess) == nil && syscall.Access(filepath.Dir(file), writeAccess) == nil {
		return "", false
	}
	for _, beside := range []string{file + "-wal", file + "-shm"} {
		if _, err := os.Stat(beside); err != nil {
			return "?mode=ro&immutable=1", true
		}
	}
	return "?mode=ro", true
}
