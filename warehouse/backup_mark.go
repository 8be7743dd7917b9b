package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/apache/iceberg-go"
	icebergcatalog "github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
)

// backupMark is what a backup says of itself in its catalog: of which lake it is, and how each table was when the backup
// ended. Without it the next backup could not tell a backup from a lake in which somebody works, and would undo that work.
type backupMark map[string]markedTable

type markedTable struct {
	UUID       string `json:"uuid"`
	At         string `json:"at,omitempty"` // metadata file; empty: the first backup has not ended
	Snapshot   int64  `json:"snapshot,omitempty"`
	Properties string `json:"properties,omitempty"` // hash; the ledger is one of them
}

// markOf describes a table. Tags are left out: readers of a backup may hold it.
func markOf(location string, md table.Metadata) (markedTable, error) {
	m := markedTable{UUID: md.TableUUID().String(), At: location}
	if s := md.CurrentSnapshot(); s != nil {
		m.Snapshot = s.SnapshotID
	}
	props, err := json.Marshal(md.Properties())
	sum := sha256.Sum256(props)
	m.Properties = hex.EncodeToString(sum[:8])
	return m, err
}

func (m backupMark) properties() (iceberg.Properties, error) {
	text, err := json.Marshal(m)
	return iceberg.Properties{propBackupOf: string(text)}, err
}

// backupMark is the mark of this lake; nil: it has none.
func (l *Lake) backupMark(ctx context.Context) (backupMark, error) {
	props, err := l.pointers.LoadNamespaceProperties(ctx, table.Identifier{namespace})
	if errors.Is(err, icebergcatalog.ErrNoSuchNamespace) {
		return nil, nil
	}
	if err != nil {
		return nil, storageError("read", l.pointers.where, err)
	}
	text, ok := props[propBackupOf]
	if !ok {
		return nil, nil
	}
	mark := backupMark{}
	if err := json.Unmarshal([]byte(text), &mark); err != nil {
		return nil, fmt.Errorf("read property %s of %s: %w", propBackupOf, l.pointers.where, err)
	}
	return mark, nil
}

// checkBackup refuses to write over this lake unless it is a backup of the lake whose tables have the UUIDs, and nobody has
// worked in it since. A lake that is new is marked, so that a first backup that is broken off can go on.
func (l *Lake) checkBackup(ctx context.Context, uuids, was map[string]string) error {
	mark, err := l.backupMark(ctx)
	if err != nil {
		return err
	}
	if mark == nil {
		if len(was) > 0 {
			return fmt.Errorf("%w: the lake there was not made by a backup; choose another directory", ErrNotBackup)
		}
		if err := checkNoFiles(ctx, l.root); err != nil {
			return err
		}
		mark = backupMark{}
		for name, uuid := range uuids {
			mark[name] = markedTable{UUID: uuid}
		}
		props, err := mark.properties()
		if err != nil {
			return err
		}
		return l.pointers.setAll(ctx, l.root, nil, nil, props)
	}
	for name, m := range mark {
		if uuids[name] != m.UUID {
			return fmt.Errorf("%w: what lies there is the backup of another lake, its %s.%s is another table; choose another directory", ErrNotBackup, namespace, name)
		}
		if m.At != "" && was[name] == "" {
			return fmt.Errorf("%w: the catalog there does not know %s.%s any more; choose another directory", ErrNotBackup, namespace, name)
		}
	}
	for name, location := range was {
		if err := l.checkUntouched(ctx, name, location, mark[name]); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lake) checkUntouched(ctx context.Context, name, location string, then markedTable) error {
	if location == then.At {
		return nil // not read: a backup that is damaged is mended by the next one
	}
	now, err := l.pointers.current(ctx, name)
	if err != nil {
		return fmt.Errorf("%s.%s: %w", namespace, name, err)
	}
	// A relocation and the tags of readers move the pointer and change nothing.
	is, err := markOf(then.At, now.metadata)
	if err != nil {
		return err
	}
	if is != then {
		return fmt.Errorf("%w: %s.%s has changed there since the last backup ended, so somebody works in it and it has become a lake of its own; choose another directory, or move it away if it is not needed",
			ErrNotBackup, namespace, name)
	}
	return nil
}

// checkNoFiles refuses a place that has files of tables and no catalog that knows them: they may be all that is left of a lake.
func checkNoFiles(ctx context.Context, root string) error {
	for f, err := range (localStore{}).list(ctx, root+"/"+namespace) {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: there are files of a lake such as %s, and no catalog beside them that knows them; choose another directory, or move it away if it is not needed",
			ErrNotBackup, f.name)
	}
	return nil
}

// checkNoCatalog is checkNoFiles for a directory in which a catalog would be begun.
func checkNoCatalog(ctx context.Context, cfg Config) error {
	if _, err := os.Stat(cfg.catalogFile()); !errors.Is(err, os.ErrNotExist) {
		return nil // whatever it is, opening it will tell
	}
	_, root, err := openStore(cfg)
	if err != nil {
		return err
	}
	return checkNoFiles(ctx, root)
}
