package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// stages shows long work stage by stage: a progress bar on a terminal, one line a stage elsewhere.
type stages struct {
	out      io.Writer
	terminal bool
}

func newStages(out io.Writer) *stages {
	file, ok := out.(*os.File)
	return &stages{out: out, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

// stage is one piece of long work.
type stage struct {
	stages  *stages
	name    string
	started time.Time
	bar     *progressbar.ProgressBar
}

// begin opens a stage of total units; total -1 says that nobody knows.
func (s *stages) begin(name string, total int64, unit string) *stage {
	st := &stage{stages: s, name: name, started: time.Now()}
	if s.terminal {
		options := []progressbar.Option{
			progressbar.OptionSetWriter(s.out),
			progressbar.OptionSetDescription(fmt.Sprintf("%-10s", name)),
			progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(total > 0),
		}
		switch unit {
		case "bytes":
			options = append(options, progressbar.OptionShowBytes(true))
		case "%": // the bar says it already
		default:
			options = append(options, progressbar.OptionShowIts(), progressbar.OptionShowCount(), progressbar.OptionSetItsString(unit))
		}
		st.bar = progressbar.NewOptions64(total, options...)
	}
	return st
}

// at moves the bar.
func (st *stage) at(done int64) {
	if st.bar != nil {
		_ = st.bar.Set64(done) // a bar that cannot be drawn must not stop the work
	}
}

// end closes the stage with what it achieved, in one line that stays.
func (st *stage) end(format string, args ...any) {
	if st.bar != nil {
		_ = st.bar.Finish()
		_ = st.bar.Clear()
	}
	fmt.Fprintf(st.stages.out, "%-10s %7.1f s  %s\n", st.name, time.Since(st.started).Seconds(), fmt.Sprintf(format, args...))
}

// rate says how many units a second n units since the stage began are.
func (st *stage) rate(n int64) string {
	seconds := time.Since(st.started).Seconds()
	if seconds <= 0 {
		return "-"
	}
	return thousands(int64(float64(n) / seconds))
}

// thousands prints n with a comma every three digits.
func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
