package warehouse

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/uuid"
)

// The commit protocol. Everything that makes an offset reach the lake exactly once is in this file.
//
//	loop, bounded, with backoff and jitter:
//	  t = load table; led = ledger in its properties
//	  all of led[p] == to    the commit landed and its answer was lost, or another worker did the same: done
//	  any of led[p] != from  fenced: another worker owns these partitions now
//	  one transaction: main must still be t's snapshot; add the files; move the ledger
//	  any error              load again and look at the ledger, then decide
//
// Two rules hold it together. Every move of the ledger makes a snapshot, an empty one if there is no file: the
// requirement on main fences nothing else, and of two commits that only set properties both succeed and the second
// erases the first. And no file is removed while it is unknown whether it was committed.

const (
	maxAttempts = 12
	backoffMin  = 10 * time.Millisecond
	backoffMax  = 2 * time.Second

	// lookTimeout is how long a cancelled caller waits to learn what became of its last attempt.
	lookTimeout = 5 * time.Second
)

// Append is one commit to a record table.
type Append struct {
	Files   []File
	Moves   []Move
	Summary map[string]string // extra entries for the snapshot's summary
}

// verdict is what a look at the table says about a commit.
type verdict int

const (
	open   verdict = iota // not there yet, and nothing stands in its way
	landed                // there
)

// work is one commit as the loop sees it.
type work struct {
	table string
	// attempts is how often to try, 0 for maxAttempts. Whoever has other writers as a rule needs more.
	attempts int
	// look decides from the table's current state; ErrFenced ends the loop.
	look func(ctx context.Context, t *table.Table) (verdict, error)
	// stage puts files and properties into the transaction. It is called again on each attempt.
	stage func(ctx context.Context, t *table.Table, tx *table.Transaction) error
	// files points to the files of the last attempt.
	files *[]File
	// kept says that old files are committed all the same, if they are there.
	kept bool
}

// Append commits files and ledger moves together, exactly once however often it is called with the same moves.
// ErrFenced: drop the batch and read the ledger again; files that were never offered to the catalog are removed.
// ErrFileGone: stage the rows again, and call with the new files.
// ErrUnknownOutcome: the catalog cannot be asked; call again with the same arguments before anything else.
func (l *Lake) Append(ctx context.Context, name string, a Append) error {
	if err := checkMoves(a.Moves); err != nil {
		return fmt.Errorf("append %s.%s: %w", namespace, name, err)
	}
	if len(a.Moves) == 0 {
		return fmt.Errorf("append %s.%s: no ledger move: the commit could not be recognised after a lost answer", namespace, name)
	}
	for _, f := range a.Files {
		if f.table != name {
			return fmt.Errorf("append %s.%s: %s was staged for %s.%s", namespace, name, f.Path, namespace, f.table)
		}
	}
	err := l.commit(ctx, work{
		table: name,
		files: &a.Files,
		look: func(ctx context.Context, t *table.Table) (verdict, error) {
			led, err := checkedLedger(t)
			if err != nil {
				return open, err
			}
			return judge(led, a.Moves)
		},
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			led, err := ledgerOf(t)
			if err != nil {
				return err
			}
			summary, err := summaryOf(a.Summary, uuid.NewString(), a.Moves)
			if err != nil {
				return err
			}
			return add(ctx, t, tx, a.Files, summary, led.moved(a.Moves))
		},
	})
	if errors.Is(err, ErrFenced) || errors.Is(err, ErrFileGone) {
		l.Discard(a.Files)
	}
	if err != nil {
		return fmt.Errorf("append %s.%s: %w", namespace, name, err)
	}
	return nil
}

// judge compares a ledger with moves. That all are where they should go counts first: a worker that lost its answer,
// or lost a race against another that read the same offsets, is done.
func judge(led Ledger, moves []Move) (verdict, error) {
	done := true
	for _, m := range moves {
		if mark, ok := led[m.Partition]; !ok || mark != m.To {
			done = false
		}
	}
	if done {
		return landed, nil
	}
	for _, m := range moves {
		next := NoMark
		if mark, ok := led[m.Partition]; ok {
			next = mark.Next
		}
		if next != m.From {
			return open, fmt.Errorf("move %s from %d to %d: %w: the ledger is at %d", m.Partition, m.From, m.To.Next, ErrFenced, next)
		}
	}
	return open, nil
}

// AppendRejects writes the rejects of a batch to duty.rejects. Call it before Append, with the same moves: two tables
// cannot commit together, and in this order a crash in between loses nothing. It doubles nothing either, because
// duty.rejects keeps a ledger of its own, and only rows at or above it are written. That ledger does not fence: a
// worker that was fenced wrote what any other would have written, since rejecting is a pure function of the bytes.
//
// A gap is not: a worker records the rejects up to some offset and dies, retention takes the records away, and the next
// worker meets a gap that begins below that offset. So the row of a gap is written unless Mark.Gap says that it is there.
// Mark.Gap is the end of one gap: a batch has at most one of a partition.
func (l *Lake) AppendRejects(ctx context.Context, mainTable string, moves []Move, rows arrow.RecordBatch) error {
	err := checkMoves(moves)
	if err == nil {
		err = l.appendRejects(ctx, mainTable, moves, rows)
	}
	if err != nil {
		return fmt.Errorf("append rejects of %s.%s: %w", namespace, mainTable, err)
	}
	return nil
}

func (l *Lake) appendRejects(ctx context.Context, mainTable string, moves []Move, rows arrow.RecordBatch) error {
	if rows == nil || rows.NumRows() == 0 {
		return nil
	}
	origins, err := originsOf(rows, moves)
	if err != nil {
		return err
	}
	var files []File  // of the last attempt
	var staged []bool // the rows that they hold
	var keep []bool   // the rows that this attempt must write
	var next Ledger   // of duty.rejects, after
	err = l.commit(ctx, work{
		table: Rejects.Name,
		files: &files,
		look: func(ctx context.Context, t *table.Table) (verdict, error) {
			main, _, err := l.pointers.load(ctx, mainTable)
			if err != nil {
				return open, err
			}
			led, err := checkedLedger(main)
			if err != nil {
				return open, err
			}
			if v, err := judge(led, moves); v == landed || err != nil {
				return v, err // landed: the rejects went before
			}
			own, err := checkedLedger(t)
			if err != nil {
				return open, err
			}
			keep, next = nil, maps.Clone(own)
			missing := false
			for _, p := range origins {
				mark, ok := own[p.Partition]
				new := !ok || p.offset >= mark.Next
				if p.gap > 0 {
					new = p.gap > mark.Gap
				}
				keep, missing = append(keep, new), missing || new
			}
			for _, m := range moves {
				mark, ok := own[m.Partition]
				gap := max(mark.Gap, m.To.Gap)
				if !ok || mark.Next < m.To.Next {
					mark = m.To
				}
				mark.Gap = gap
				next[m.Partition] = mark
			}
			if !missing {
				return landed, nil
			}
			return open, nil
		},
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			if !slices.Equal(staged, keep) {
				l.Discard(files)
				part, err := filter(ctx, rows, keep)
				if err != nil {
					return err
				}
				defer part.Release()
				if files, err = l.Stage(ctx, Rejects.Name, part); err != nil {
					return err
				}
				staged = keep
			}
			summary, err := summaryOf(nil, uuid.NewString(), moves)
			if err != nil {
				return err
			}
			return add(ctx, t, tx, files, summary, next)
		},
	})
	if err != nil {
		l.Discard(files)
	}
	return err
}

// AppendRows stages and commits rows of a table that has no ledger: loads, lists. Each call that returns nil has added
// the rows once. After ErrUnknownOutcome the caller must look for its rows before it calls again.
func (l *Lake) AppendRows(ctx context.Context, name string, rows arrow.RecordBatch) error {
	files, err := l.Stage(ctx, name, rows)
	if err != nil {
		return err
	}
	id := uuid.NewString()
	err = l.commit(ctx, work{
		table: name,
		files: &files,
		look:  func(_ context.Context, t *table.Table) (verdict, error) { return lookFor(t, id), nil },
		stage: func(ctx context.Context, t *table.Table, tx *table.Transaction) error {
			summary, err := summaryOf(nil, id, nil)
			if err != nil {
				return err
			}
			return add(ctx, t, tx, files, summary, nil)
		},
	})
	if err != nil {
		l.Discard(files)
		return fmt.Errorf("append rows to %s.%s: %w", namespace, name, err)
	}
	return nil
}

// add puts files and the new ledger (nil: the table has none) into a transaction. It always makes a snapshot.
func add(ctx context.Context, t *table.Table, tx *table.Transaction, files []File, summary iceberg.Properties, led Ledger) error {
	if len(files) == 0 {
		// AddDataFiles without a file makes no snapshot; this call does. true: there is no file to look for.
		if err := tx.AddFiles(ctx, nil, summary, true); err != nil {
			return err
		}
	} else {
		data := make([]iceberg.DataFile, len(files))
		for i, f := range files {
			data[i] = f.data
		}
		// The names are random, so no file can be there already; the check would read every manifest of the table.
		if err := tx.AddDataFiles(ctx, data, summary, table.WithoutDuplicateCheck(), table.WithoutAutoNameMapping()); err != nil {
			return err
		}
	}
	if led == nil {
		return nil
	}
	text, err := led.text()
	if err != nil {
		return err
	}
	return tx.SetProperties(iceberg.Properties{
		propLedger: text,
		// The sequence number that the snapshot of this transaction gets, see checkHead.
		propSequence: fmt.Sprint(t.Metadata().LastSequenceNumber() + 1),
	})
}

// commit runs the loop. It returns nil when the work has landed. Each round looks before it acts, so the last one only
// looks.
func (l *Lake) commit(ctx context.Context, w work) error {
	attempts := cmp.Or(w.attempts, maxAttempts)
	var last error   // of the last attempt
	unknown := false // that attempt may have landed
	for round := 0; ; round++ {
		if round > 0 {
			pause(ctx, round)
		}
		v, t, fs, err := l.look(ctx, w, unknown)
		switch {
		case err == nil && v == landed:
			return nil
		case errors.Is(err, ErrFenced), errors.Is(err, ErrRolledBack), errors.Is(err, ErrNoTable), errors.Is(err, errGone):
			return err
		case err != nil && unknown && (round >= attempts || ctx.Err() != nil):
			return fmt.Errorf("%w: %w: look again: %w", ErrUnknownOutcome, last, err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && round >= attempts:
			return err
		case err != nil:
			continue
		case round >= attempts:
			return fmt.Errorf("%w %d times: %w", ErrConflict, round, last)
		case unknown && storageKind(last) != nil:
			return plain(last) // it has not landed, and will not until somebody acts
		}
		last = l.attempt(ctx, w, t, fs)
		var lost *unknownError
		var died *diedError
		switch unknown = errors.As(last, &lost); {
		case last == nil:
			offered(*w.files)
			return nil
		case unknown:
			offered(*w.files)
		case errors.As(last, &died):
			offered(*w.files)
			return last
		default:
			fs.discard() // it is certain that the catalog does not point to any of them
			if permanent(last) {
				return plain(last)
			}
		}
	}
}

// plain leaves out what libraries put around an error of the disk: its own line says everything.
func plain(err error) error {
	var storage *StorageError
	if errors.As(err, &storage) {
		return storage
	}
	return err
}

// look loads the table and asks whether the work is there. A caller that is leaving still gets an answer to the one
// question that is open, whether its last attempt landed.
func (l *Lake) look(ctx context.Context, w work, unknown bool) (verdict, *table.Table, *attemptFS, error) {
	if ctx.Err() != nil && unknown {
		detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		defer cancel()
		ctx = detached
	}
	t, fs, err := l.pointers.load(ctx, w.table)
	if err != nil {
		return open, nil, nil, err
	}
	v, err := w.look(ctx, t)
	return v, t, fs, err
}

// offered marks files that a snapshot names or may name.
func offered(files []File) {
	for _, f := range files {
		f.offered.Store(true)
	}
}

func (l *Lake) attempt(ctx context.Context, w work, t *table.Table, fs *attemptFS) error {
	tx := t.NewTransaction()
	if err := tx.AssertRefSnapshotID(table.MainBranch); err != nil {
		return err
	}
	if err := w.stage(ctx, t, tx); err != nil {
		return err
	}
	fs.files, fs.ageing = *w.files, !w.kept
	_, err := tx.Commit(ctx)
	return err
}

// permanent says that trying again at once would meet the same wall: a person has to act, or the call was wrong. Only
// a lost race goes away by itself; for a locked catalog the database has waited already.
func permanent(err error) bool {
	return !errors.Is(err, errLostRace) && !errors.Is(err, table.ErrCommitFailed)
}

// pause waits before the next attempt, or until ctx ends. Jitter keeps two workers from meeting again and again.
func pause(ctx context.Context, attempt int) {
	d := min(backoffMin<<(attempt-1), backoffMax)
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// lookFor finds a commit by its id among the snapshots.
func lookFor(t *table.Table, id string) verdict {
	for _, s := range t.Metadata().Snapshots() {
		if s.Summary != nil && s.Summary.Properties[sumCommit] == id {
			return landed
		}
	}
	return open
}

func checkedLedger(t *table.Table) (Ledger, error) {
	if err := checkHead(t); err != nil {
		return nil, err
	}
	return ledgerOf(t)
}

// summaryOf holds the moves of this commit only: all entries in every snapshot would swell the metadata.
func summaryOf(extra map[string]string, id string, moves []Move) (iceberg.Properties, error) {
	p := iceberg.Properties{}
	maps.Copy(p, extra)
	p[sumCommit] = id
	if len(moves) == 0 {
		return p, nil
	}
	type move struct {
		Cluster   string `json:"cluster"`
		Topic     string `json:"topic"`
		Partition int32  `json:"partition"`
		From      int64  `json:"from"`
		To        int64  `json:"to"`
	}
	list := make([]move, len(moves))
	for i, m := range moves {
		list[i] = move{m.Cluster, m.Topic, m.ID, m.From, m.To.Next}
	}
	text, err := json.Marshal(list)
	p[sumMoves] = string(text)
	return p, err
}
