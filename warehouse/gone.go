package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// safeAge is how long what a commit has written is safe from clean: half of the grace that it keeps at the least, so
// that the clocks of two hosts may differ and a clean may be under way.
const safeAge = 30 * time.Minute

// wallClock is the time without the monotonic reading, which stands still while a machine is suspended. What clean does
// meanwhile goes by the time that the files have.
func wallClock() time.Time { return time.Now().Round(0) }

func since(t time.Time) time.Duration { return wallClock().Sub(t) }

// intact says whether all that a commit is about to name is still there. It is asked right before the pointer moves,
// because a process that was stopped or suspended for long does not know it: a clean may have come by in between, and
// the commit would name files that are gone.
func (a *attemptFS) intact(ctx context.Context) error {
	for _, f := range a.files {
		if age := since(f.staged); a.ageing && age > safeAge {
			return fmt.Errorf("%w: %s was staged %s ago and may be taken for an orphan; stage its rows again", ErrFileGone, f.Path, age.Round(time.Second))
		}
		if err := a.exists(ctx, f.Path, f.staged); err != nil {
			return err
		}
	}
	if age := since(a.begun); age > safeAge {
		return fmt.Errorf("%w: the attempt took %s", errLostRace, age.Round(time.Second)) // its manifests may be gone; they are written anew
	}
	return nil
}

// exists asks the store for a file. In one that is elsewhere only for those that clean may have touched: each costs a
// request.
func (a *attemptFS) exists(ctx context.Context, name string, at time.Time) error {
	if a.store.cached() != nil && since(at) <= safeAge {
		return nil
	}
	_, err := a.store.stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s; was this process stopped for long while `dutyflow lake clean` ran? Nothing was committed", ErrFileGone, name)
	}
	return err
}
