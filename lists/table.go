package lists

import "github.com/dutyflow/dutyflow/warehouse"

// TableName is the lake table of the lists: duty.lists.
const TableName = "lists"

// Table declares duty.lists. All lists share one table so that a version is one commit: Iceberg commits one table at a
// time, and a region list without its organisations must never be seen.
func Table() warehouse.Table {
	return warehouse.Table{
		Name: TableName,
		Columns: []warehouse.Column{
			{Name: "list_version", Type: warehouse.Int64, Required: true, Doc: "version of all lists; the highest counts"},
			{Name: "list", Type: warehouse.String, Required: true, Doc: "name of the list"},
			{Name: "file", Type: warehouse.String, Required: true, Doc: "file that the row came from"},
			{Name: "line", Type: warehouse.Int32, Required: true, Doc: "line in that file"},
			{Name: "fields", Type: warehouse.String, Required: true, NoBounds: true, Doc: "JSON object of the values that are not empty, all as strings"},
			{Name: "loaded_at", Type: warehouse.Timestamp, Required: true, Doc: "when the version was loaded"},
		},
		SortBy:   []string{"list_version", "list", "line"},
		Contract: "1.0",
		Doc:      "reference lists, by version",
	}
}
