package ingesttest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// keeper is the process that looks after the lake: it compacts files and lets snapshots expire, beside the workers and
// gate by gate like them.
type keeper struct {
	lake *warehouse.Lake
	done chan error
	dead atomic.Bool
}

// keeperID is the keeper's number at the gates. Workers count from 1.
const keeperID = 0

// upkeep starts it, or if it is there ends it wherever it is.
func (w *world) upkeep() {
	if w.keeper != nil {
		w.note("the keeper dies")
		w.count["keeper's crashes"]++
		w.keeper.dead.Store(true)
		for _, g := range w.waiting(func(g *gate) bool { return g.worker == keeperID }) {
			w.open(g, warehousetest.ErrInjected)
		}
		return
	}
	k := &keeper{done: make(chan error, 1)}
	k.lake = w.handle(keeperID, &k.dead)
	expire := w.rng.IntN(2) == 0
	w.note("the keeper starts, expire: %v", expire)
	w.keeper = k
	go func() { // ends when all is done, or dead; seen by ended
		if expire {
			_, err := k.lake.Expire(context.Background(), warehouse.ExpireOptions{OlderThan: time.Second, KeepLast: 1})
			k.done <- err
			return
		}
		_, err := k.lake.Compact(context.Background(), warehouse.CompactOptions{MinFiles: 2})
		k.done <- err
	}()
	if expire {
		w.count["expiries"]++
	} else {
		w.count["compactions"]++
	}
	w.settle()
}

func (k *keeper) ended(w *world) bool {
	var err error
	select {
	case err = <-k.done:
	default:
		return false
	}
	_ = k.lake.Close() // nothing is open any more
	if err != nil && !errors.Is(err, warehousetest.ErrInjected) && !errors.Is(err, warehouse.ErrConflict) {
		w.t.Errorf("the keeper: %v", err)
	}
	w.note("the keeper has ended: %v", err != nil)
	return true
}
