package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dutyflow/dutyflow/warehouse"
)

// underWay is what the snapshots of a run are held as until it has published.
const underWay = "run"

// holder begins the names under which this warehouse holds snapshots. A lake may feed several warehouses, on several
// hosts, and none may give up what another one holds.
func (r *run) holder() string {
	host, _ := os.Hostname() // without a name the directory alone has to do
	sum := sha256.Sum256([]byte(host + "\n" + r.Dir))
	return "transform-" + hex.EncodeToString(sum[:4]) + "-"
}

// hold keeps the snapshots that were pinned. A lake that this user may only read cannot be told; then expiry must leave
// enough time, as it does by default.
func (r *run) hold(ctx context.Context, name string) error {
	err := r.Lake.Hold(ctx, r.holder()+name, r.snapshots)
	if errors.Is(err, warehouse.ErrNotWritable) {
		r.Logger.Warn("the snapshots are not held: the lake is read-only for this user", "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("hold the snapshots: %w", err)
	}
	return nil
}

// release gives up what no kept version was made from. Versions are removed first and released then: in the other
// order a crash in between would leave a version whose snapshots may go.
func (r *run) release(ctx context.Context) error {
	all, err := manifests(r.Dir)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, m := range all {
		kept[m.Version] = true
	}
	err = r.Lake.Release(ctx, func(name string) bool {
		version, ours := strings.CutPrefix(name, r.holder())
		return !ours || kept[version]
	})
	if err != nil && !errors.Is(err, warehouse.ErrNotWritable) {
		return fmt.Errorf("release the snapshots of older versions: %w", err)
	}
	return nil
}
