package load

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/dutyflow/dutyflow/ingest/file"
	"github.com/dutyflow/dutyflow/ingest/record"
)

// Preview is what a load would do.
type Preview struct {
	Records  int64            // in the file
	Rejected map[string]int64 // by reason
	Rows     []PreviewRow     // the first that would be accepted
	Rejects  []PreviewRow     // the first that would be rejected
}

// PreviewRow is a record as the mapping makes it.
type PreviewRow struct {
	Pos    int64
	Topic  string
	Value  string // JSON
	Reason string // of a reject
	Field  string
	Detail string
}

// DryRun reads a file through its mapping and the contracts, touches no lake, and shows the first n rows and rejects.
func DryRun(path string, mapping *file.Mapping, options record.Options, n int) (Preview, error) {
	reader, err := file.Open(path, mapping)
	if err != nil {
		return Preview{}, err
	}
	defer reader.Close()
	decoders := map[string]*record.Decoder{}
	for _, c := range record.Contracts() {
		decoders[c.Name] = record.NewDecoder(c, options)
	}
	preview := Preview{Rejected: map[string]int64{}}
	at := time.Now().UnixMilli()
	var r file.Record
	var row record.Row
	for {
		err := reader.Next(&r)
		if errors.Is(err, io.EOF) {
			return preview, nil
		}
		if err != nil {
			return preview, fmt.Errorf("read %s: %w", path, err)
		}
		preview.Records++
		shown := PreviewRow{Pos: r.Pos, Topic: r.Topic}
		reject := decoders[r.Topic].Decode(r.Value, at, &row)
		list := &preview.Rows
		if reject != nil {
			preview.Rejected[string(reject.Reason)]++
			shown.Reason, shown.Field, shown.Detail = string(reject.Reason), reject.Field, reject.Detail
			list = &preview.Rejects
		}
		if len(*list) < n {
			shown.Value = string(slices.Clone(r.Value))
			*list = append(*list, shown)
		}
	}
}
