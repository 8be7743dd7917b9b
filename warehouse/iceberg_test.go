package warehouse_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/apache/iceberg-go"
	sqlcatalog "github.com/apache/iceberg-go/catalog/sql"
	"github.com/apache/iceberg-go/table"

	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// icebergTable opens a table as any other Iceberg client does: by iceberg-go's own catalog and file system.
func icebergTable(t testing.TB, lake *warehousetest.Lake, name string) *table.Table {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(lake.Dir(), "catalog.db")+"?_pragma=busy_timeout(10000)")
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	c, err := sqlcatalog.NewCatalog("dutyflow", db, sqlcatalog.SQLite, iceberg.Properties{})
	must(t, err)
	tbl, err := c.LoadTable(t.Context(), table.Identifier{"duty", name})
	must(t, err)
	return tbl
}

// filesOf reads the manifest entries of a table's current snapshot.
func filesOf(t testing.TB, l *warehouse.Lake, name string) []iceberg.DataFile {
	t.Helper()
	tbl := icebergTable(t, &warehousetest.Lake{Lake: l}, name)
	fs, err := tbl.FS(t.Context())
	must(t, err)
	manifests, err := tbl.CurrentSnapshot().Manifests(fs)
	must(t, err)
	var files []iceberg.DataFile
	for _, m := range manifests {
		for e, err := range m.Entries(fs, true) {
			must(t, err)
			files = append(files, e.DataFile())
		}
	}
	return files
}

func equals(column string, v int64) iceberg.BooleanExpression {
	return iceberg.EqualTo(iceberg.Reference(column), v)
}
