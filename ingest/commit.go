package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/dutyflow/dutyflow/warehouse"
)

// commit puts a batch into the lake: first the rejects of all tables, then each table's rows with its ledger. Both
// halves may be repeated: the lake finds out from its ledgers what has landed. So an unknown outcome is treated like a
// failure, and a crash between any two steps loses nothing and doubles nothing.
func (s *session) commit(ctx context.Context, b *batch) error {
	in := s.in
	// Once begun, a commit is not ended by a stop, only by the time that a stop leaves.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		// pause returns when the time is up or the commit is done.
		if pause(work, in.cfg.StopTimeout) == nil {
			cancel()
		}
	})()

	var failures failures
	var fenced error
	for {
		err := s.attempt(work, b, &fenced)
		if err == nil {
			break
		}
		healed := in.heal(work, &failures, "commit", err)
		if healed == nil {
			continue
		}
		if work.Err() != nil {
			return Stop(fmt.Errorf("%w within %s; it will be read again: %w", ErrUnfinished, in.cfg.StopTimeout, err))
		}
		return healed
	}
	s.count(b)
	if fenced != nil {
		return fenced
	}
	return nil
}

// attempt does what is not done yet. A fenced table is done with: its rows belong to another worker.
func (s *session) attempt(ctx context.Context, b *batch, fenced *error) error {
	in := s.in
	ctx, cancel := context.WithTimeout(ctx, in.cfg.CommitTimeout)
	defer cancel()
	for _, p := range b.parts {
		if p.rows != nil && !p.staged && !p.done {
			if err := in.met.stage("stage", func() error {
				return labelled(ctx, stageEncode, func(ctx context.Context) (err error) {
					p.files, err = in.lake.Stage(ctx, p.table, p.rows)
					return err
				})
			}); err != nil {
				return fmt.Errorf("stage %d rows of %s: %w", p.rows.NumRows(), p.table, err)
			}
			p.staged = true
		}
	}
	for _, p := range b.parts {
		if p.rejects == nil || p.recorded || p.done {
			continue
		}
		err := in.met.stage("rejects", func() error { return in.lake.AppendRejects(ctx, p.table, p.moves, p.rejects) })
		if errors.Is(err, warehouse.ErrFenced) {
			*fenced, p.done = fmt.Errorf("record rejects of %s: %w", p.table, err), true
			continue
		}
		if err != nil {
			return fmt.Errorf("record %d rejects of %s: %w", p.rejects.NumRows(), p.table, err)
		}
		p.recorded = true
	}
	for _, p := range b.parts {
		if p.done {
			continue
		}
		err := in.met.stage("append", func() error {
			return in.lake.Append(ctx, p.table, warehouse.Append{Files: p.files, Moves: p.moves, Summary: summary(b, p)})
		})
		if errors.Is(err, warehouse.ErrFenced) {
			*fenced, p.done = fmt.Errorf("append to %s: %w", p.table, err), true
			continue
		}
		if err != nil {
			err = fmt.Errorf("append %d files to %s: %w", len(p.files), p.table, err)
			if errors.Is(err, warehouse.ErrFileGone) {
				p.files, p.staged = nil, false // the next attempt writes them again
			}
			return err
		}
		p.done, p.landed = true, true
	}
	return nil
}

func summary(b *batch, p *part) map[string]string {
	rejects := int64(0)
	if p.rejects != nil {
		rejects = p.rejects.NumRows()
	}
	return map[string]string{
		"dutyflow.batch-closed-by": b.reason,
		"dutyflow.rejects":         strconv.FormatInt(rejects, 10),
	}
}

// count tells everybody who wants to know what has landed.
func (s *session) count(b *batch) {
	in := s.in
	next := make(map[warehouse.Partition]warehouse.Mark)
	group := make(map[warehouse.Partition]int64)
	var rows, rejects, skipped, files int64
	for _, p := range b.parts {
		if !p.landed {
			continue
		}
		if p.rows != nil {
			rows += p.rows.NumRows()
		}
		if p.rejects != nil {
			rejects += p.rejects.NumRows()
		}
		files += int64(len(p.files))
		for reason, n := range p.rejected {
			in.met.rejects.WithLabelValues(p.table, string(reason)).Add(float64(n))
		}
		for why, n := range p.skipped {
			skipped += n
			in.met.skipped.WithLabelValues(why.topic, string(why.reason)).Add(float64(n))
		}
		for _, m := range p.moves {
			next[m.Partition] = m.To
			group[m.Partition] = m.To.Next
		}
	}
	if len(next) == 0 {
		return
	}
	in.track.landed(in.clock(), group)
	in.track.update(func(st *Status) {
		st.Rows += rows
		st.Rejects += rejects
		st.Skipped += skipped
		st.Files += files
		st.Commits++
	})
	in.log.Info("committed", "rows", rows, "rejects", rejects, "files", files, "partitions", len(next), "closed_by", b.reason)
	in.tell(maps.Clone(next))
	if err := s.gen.Commit(group); err != nil {
		// The ledger has moved, which is what counts; only lag tools see this.
		in.log.Debug("group offsets not committed", "err", err)
	}
}
