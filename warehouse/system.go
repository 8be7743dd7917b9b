package warehouse

import "slices"

// Provenance returns the columns that every record table ends with: where each row came from.
// Callers get a copy.
func Provenance() []Column {
	return slices.Concat(origin(), []Column{
		{Name: "_event_date", Type: Date, Required: true, Doc: "local date of the event in the lake's business zone"},
		{Name: "_quality", Type: Int32, Required: true, Doc: "bit set of findings that do not reject the record"},
	}, source())
}

func origin() []Column {
	return []Column{
		{Name: "_cluster", Type: String, Required: true, Doc: "id of the Kafka cluster, or load:<load id>"},
		{Name: "_topic", Type: String, Required: true, Doc: "topic"},
		{Name: "_partition", Type: Int32, Required: true, Doc: "partition of the topic"},
		{Name: "_offset", Type: Int64, Required: true, Doc: "offset in the partition"},
		{Name: "_kafka_ts", Type: Timestamp, Required: true, Doc: "timestamp of the Kafka record"},
		{Name: "_ingest_ts", Type: Timestamp, Required: true, Doc: "when the record was read into the lake"},
	}
}

func source() []Column {
	return []Column{
		{Name: "_source_file", Type: String, Doc: "name of the loaded file; null when the record came from Kafka"},
		{Name: "_source_pos", Type: Int64, Doc: "position in the loaded file: line or event number"},
	}
}

// Rejects declares duty.rejects: each message that broke its contract, with the reason and the raw bytes.
var Rejects = Table{
	Name: "rejects",
	Columns: slices.Concat(origin(), []Column{
		{Name: "_ingest_date", Type: Date, Required: true, Doc: "local date of _ingest_ts in the lake's business zone"},
	}, source(), []Column{
		{Name: "contract", Type: String, Doc: "contract that the message was held against, name and version"},
		{Name: "schema", Type: String, Doc: "schema that the message claims"},
		{Name: "source", Type: String, Doc: "source, when readable"},
		{Name: "event_id", Type: String, Doc: "event id, when readable"},
		{Name: "entity_id", Type: String, Doc: "entity id, when readable"},
		{Name: "reason", Type: String, Required: true, Doc: "reason code"},
		{Name: "field", Type: String, Doc: "field that broke the contract; null when the message as a whole is unreadable"},
		{Name: "detail", Type: String, Doc: "what was found, in words"},
		{Name: "raw", Type: Binary, NoBounds: true, Doc: "the message value as it came; null for a null value or a gap"},
	}),
	PartitionBy: "_ingest_date",
	SortBy:      []string{"_cluster", "_topic", "_partition", "_offset"},
	Contract:    "1.0",
	Doc:         "messages that broke their contract, and gaps that the operator chose to skip",
}

// Loads declares duty.loads: the log of file loads. The latest void or unvoid of a load counts.
var Loads = Table{
	Name: "loads",
	Columns: []Column{
		{Name: "load_id", Type: String, Required: true, Doc: "SHA-256 of file bytes, mapping and contract version"},
		{Name: "action", Type: String, Required: true, Doc: "start, finish, void or unvoid"},
		{Name: "at", Type: Timestamp, Required: true, Doc: "when"},
		{Name: "file", Type: String, Doc: "name of the file"},
		{Name: "bytes", Type: Int64, Doc: "size of the file"},
		{Name: "mapping", Type: String, Doc: "name of the mapping"},
		{Name: "contract", Type: String, Doc: "contract name and version"},
		{Name: "topic", Type: String, Doc: "topic that the records went through"},
		{Name: "records", Type: Int64, Doc: "records accepted"},
		{Name: "rejects", Type: Int64, Doc: "records rejected"},
		{Name: "reason", Type: String, Doc: "why it was voided or unvoided"},
	},
	SortBy:   []string{"at", "load_id"},
	Contract: "1.0",
	Doc:      "event log of file loads",
}
