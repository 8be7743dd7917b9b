package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/dutyflow/dutyflow/warehouse"
)

// underWay is what the snapshots of a run are held as until it has published.
const underWay = "run"

// holderFile holds the name under which a warehouse holds snapshots. It lies in its directory, so that a warehouse that
// is moved, or whose host gets another name, still knows what is its own.
const holderFile = "holder"

// Holder gives the name under which the warehouse in dir holds snapshots of the lake; empty: it has held none yet.
func Holder(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, holderFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	name := strings.TrimSpace(string(text))
	if err == nil && !strings.HasPrefix(name, holderPrefix) {
		err = fmt.Errorf("it does not begin with %s; remove it, and the next transform takes another name", holderPrefix)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", filepath.Join(dir, holderFile), err)
	}
	return name, nil
}

// HolderOf is the part of the name of a hold that says who holds: the rest is the version.
func HolderOf(hold string) string {
	rest, ok := strings.CutPrefix(hold, holderPrefix)
	if !ok {
		return hold
	}
	id, _, _ := strings.Cut(rest, "-")
	return holderPrefix + id
}

const holderPrefix = "transform-"

// holder is the name of this warehouse, which is made at its first run. A lake may feed several warehouses, on several
// hosts, and none may give up what another one holds. The lock of the transform is held.
func (r *run) holder() (string, error) {
	name, err := Holder(r.Dir)
	if err != nil || name != "" {
		return name, err
	}
	id := uuid.New()
	name = holderPrefix + hex.EncodeToString(id[:])
	partial := filepath.Join(r.Dir, holderFile+".partial")
	if err := os.WriteFile(partial, []byte(name+"\n"), 0o644); err != nil {
		return "", fmt.Errorf("write the name of the warehouse: %w", err)
	}
	return name, place(partial, filepath.Join(r.Dir, holderFile))
}

// formerHolder is the name that earlier releases made of host and directory.
func (r *run) formerHolder() string {
	host, _ := os.Hostname() // without a name the directory alone had to do
	sum := sha256.Sum256([]byte(host + "\n" + r.Dir))
	return holderPrefix + hex.EncodeToString(sum[:4])
}

// hold keeps the snapshots that were pinned. A lake that this user may only read cannot be told; then expiry must leave
// enough time, as it does by default.
func (r *run) hold(ctx context.Context, name string) error {
	holder, err := r.holder()
	if err != nil {
		return err
	}
	err = r.Lake.Hold(ctx, holder+"-"+name, r.snapshots)
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
	all, _, err := manifests(r.Dir, r.Logger)
	if err != nil {
		return err
	}
	current, err := published(r.Dir)
	if err != nil {
		return err
	}
	kept := map[string]bool{current: true}
	for _, m := range all {
		kept[m.Version] = true
	}
	holder, err := r.holder()
	if err != nil {
		return err
	}
	err = r.Lake.Release(ctx, func(name string) bool {
		for _, h := range []string{holder, r.formerHolder()} {
			if version, ours := strings.CutPrefix(name, h+"-"); ours {
				return kept[version]
			}
		}
		return true
	})
	if err != nil && !errors.Is(err, warehouse.ErrNotWritable) {
		return fmt.Errorf("release the snapshots of older versions: %w", err)
	}
	return nil
}
