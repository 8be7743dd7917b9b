package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/iceberg-go"
	icebergcatalog "github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
)

// This file does to the catalog what iceberg-go's SQL catalog has no call for: read all pointers at one moment, and set
// several of them in one transaction. It is for those who copy, move or mend a lake.

// all gives the metadata file of every table, at one moment.
func (p *pointers) all(ctx context.Context) (map[string]string, error) {
	rows, err := p.db.QueryContext(ctx, p.bind(`SELECT table_name, metadata_location FROM iceberg_tables
		WHERE catalog_name = ? AND table_namespace = ?`), catalogName, namespace)
	if err != nil {
		return nil, storageError("read", p.where, err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, location string
		if err := rows.Scan(&name, &location); err != nil {
			return nil, storageError("read", p.where, err)
		}
		found[name] = location
	}
	return found, storageError("read", p.where, rows.Err())
}

// location is where the catalog says that the lake is: the root of its files. ErrNoLake if it knows of none.
func (p *pointers) location(ctx context.Context) (string, error) {
	props, err := p.LoadNamespaceProperties(ctx, table.Identifier{namespace})
	if err != nil {
		if errors.Is(err, icebergcatalog.ErrNoSuchNamespace) || !p.hasTables(ctx) {
			return "", fmt.Errorf("%w: the catalog %s holds none", ErrNoLake, p.where)
		}
		return "", storageError("read", p.where, err)
	}
	name, err := pathOf(props[propLocation])
	return dirOf(name), err
}

// setAll moves all pointers from what they were to what they are to be (from "": the table is new), and the location of
// the lake and other properties of the namespace with them: all of it or nothing. errLostRace: a pointer was not what it should have been.
func (p *pointers) setAll(ctx context.Context, root string, from, to map[string]string, props iceberg.Properties) error {
	location := iceberg.Properties{propLocation: uriOf(root + "/" + namespace)}
	err := p.CreateNamespace(ctx, table.Identifier{namespace}, location)
	if err != nil && !errors.Is(err, icebergcatalog.ErrNamespaceAlreadyExists) {
		return storageError("write", p.where, err)
	}
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return storageError("write", p.where, err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for name, next := range to {
		args := []any{next, catalogName, namespace, name}
		query := p.insert
		if was := from[name]; was != "" {
			query, args = p.update, []any{next, was, catalogName, namespace, name, was}
		}
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return storageError("write", p.where, err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("write %s: %s.%s: %w", p.where, namespace, name, errors.Join(errLostRace, err))
		}
	}
	if _, err := tx.ExecContext(ctx, p.bind(`UPDATE iceberg_namespace_properties SET property_value = ?
		WHERE catalog_name = ? AND namespace = ? AND property_key = ?`), location[propLocation], catalogName, namespace, propLocation); err != nil {
		return storageError("write", p.where, err)
	}
	for key, value := range props {
		if _, err := tx.ExecContext(ctx, p.bind(`DELETE FROM iceberg_namespace_properties
			WHERE catalog_name = ? AND namespace = ? AND property_key = ?`), catalogName, namespace, key); err != nil {
			return storageError("write", p.where, err)
		}
		if _, err := tx.ExecContext(ctx, p.bind(`INSERT INTO iceberg_namespace_properties
			(catalog_name, namespace, property_key, property_value) VALUES (?, ?, ?, ?)`), catalogName, namespace, key, value); err != nil {
			return storageError("write", p.where, err)
		}
	}
	return storageError("write", p.where, tx.Commit())
}

// putFile writes a whole file durably and in one step: nobody ever sees half of it, whenever the process dies.
func putFile(path string, write func(io.Writer) error) error {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	temp := path + cacheTemp
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return storageError("create", temp, err)
	}
	err = write(f)
	err = errors.Join(storageError("write", temp, err), storageError("sync", temp, f.Sync()), storageError("close", temp, f.Close()))
	if err == nil {
		err = storageError("rename", temp, os.Rename(temp, path))
	}
	if err != nil {
		_ = os.Remove(temp)
		return err
	}
	return syncDir(filepath.Dir(path))
}

func putBytes(path string, content []byte) error {
	return putFile(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// sizeOf is the size of a file of this host, if it is there.
func sizeOf(path string) (int64, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}
