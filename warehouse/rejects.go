package warehouse

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// OffsetGap is the reason of a row of duty.rejects that stands for offsets which the broker no longer had. Its _offset is
// the first of them.
const OffsetGap = "offset_gap"

// origin is where a row came from: its delivery key.
type originKey struct {
	Partition
	offset int64
	gap    int64 // of the row of a gap: where its move says that the gap ends; else 0
}

// originsOf reads the delivery key of each row, and checks that each belongs to one of the moves.
func originsOf(rows arrow.RecordBatch, moves []Move) ([]originKey, error) {
	var (
		cluster, topic *array.String
		reason         *array.String
		partition      *array.Int32
		offset         *array.Int64
	)
	for i, f := range rows.Schema().Fields() {
		switch a := rows.Column(i).(type) {
		case *array.String:
			switch f.Name {
			case "_cluster":
				cluster = a
			case "_topic":
				topic = a
			case "reason":
				reason = a
			}
		case *array.Int32:
			if f.Name == "_partition" {
				partition = a
			}
		case *array.Int64:
			if f.Name == "_offset" {
				offset = a
			}
		}
	}
	if cluster == nil || topic == nil || partition == nil || offset == nil {
		return nil, fmt.Errorf("batch without _cluster, _topic, _partition and _offset: %w", ErrSchema)
	}
	to := map[Partition]Mark{}
	for _, m := range moves {
		to[m.Partition] = m.To
	}
	keys := make([]originKey, rows.NumRows())
	gaps := map[Partition]bool{}
	for i := range keys {
		k := originKey{Partition: Partition{cluster.Value(i), topic.Value(i), partition.Value(i)}, offset: offset.Value(i)}
		end, ok := to[k.Partition]
		if !ok || k.offset >= end.Next {
			return nil, fmt.Errorf("row %d: offset %d of %s is in none of the moves: %w", i, k.offset, k.Partition, ErrSchema)
		}
		if reason != nil && reason.Value(i) == OffsetGap {
			if gaps[k.Partition] {
				return nil, fmt.Errorf("row %d: a second gap of %s, whose mark has the end of one: %w", i, k.Partition, ErrSchema)
			}
			k.gap, gaps[k.Partition] = end.Gap, true
		}
		keys[i] = k
	}
	return keys, nil
}

// filter keeps some rows of a batch. The caller releases what it gets.
func filter(ctx context.Context, rows arrow.RecordBatch, keep []bool) (arrow.RecordBatch, error) {
	if !slices.Contains(keep, false) {
		rows.Retain()
		return rows, nil
	}
	b := array.NewBooleanBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendValues(keep, nil)
	mask := b.NewBooleanArray()
	defer mask.Release()
	return compute.FilterRecordBatch(ctx, rows, mask, compute.DefaultFilterOptions())
}
