// Package child runs a program as a process of its own and tells what it used, so that benchmarks compare whole
// programs: what the operating system counted, nothing estimated.
package child

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Usage is what a process used from its start to its end.
type Usage struct {
	CPU     time.Duration // user and system, all threads
	Wall    time.Duration
	PeakRSS int64  // bytes
	Output  string // standard output
}

// Run runs the program to its end. Its environment is that of this process and env. On an error the message carries the
// last lines of its standard error.
func Run(ctx context.Context, env []string, program string, args ...string) (Usage, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return Usage{}, fmt.Errorf("run %s %s: %w\n%s", program, strings.Join(args, " "), err, tail(errs.String(), 20))
	}
	wall := time.Since(began)
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return Usage{}, fmt.Errorf("run %s: this system does not count what a process uses", program)
	}
	return Usage{
		CPU:     cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		Wall:    wall,
		PeakRSS: used.Maxrss << 10, // Linux counts in KiB
		Output:  out.String(),
	}, nil
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
