package ingest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/dutyflow/dutyflow/warehouse"
)

// A column gives back what was put into it, row by row, whatever is null, however many strings differ, and also in the
// batches after the first, which find words and memory of earlier ones; and it gives all memory back.
func TestColumn_take(t *testing.T) {
	checked := memory.NewCheckedAllocator(memory.DefaultAllocator)
	mem := newPool(checked, 64<<20)
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 4))
		kind := []warehouse.ColumnType{
			warehouse.String, warehouse.String, warehouse.String, warehouse.Int32, warehouse.Int64, warehouse.Timestamp,
			warehouse.Decimal, warehouse.Bool, warehouse.Date,
		}[seed%9]
		c := newColumn(mem, kind, false)
		for batch := range 3 {
			rows := []int{1, 9, 3000, 5000, 20_000}[r.IntN(5)]
			variety := []int{1, 30, 2000, 1 << 30}[r.IntN(4)]
			later := []int{variety, 1 << 30}[r.IntN(2)] // a column that begins alike may go on otherwise
			sparse := []int{1, 1, 2, 40, 4000, 1 << 30}[r.IntN(6)]
			quiet := []int{1 << 30, 1 << 30, 2500}[r.IntN(3)] // only nulls from here on
			want, room := make([]string, rows), reserved
			for row := range rows {
				if row == room {
					room *= 2
				}
				if want[row] = "(null)"; r.IntN(sparse) > 0 || row > quiet {
					continue
				}
				if row > rows/2 {
					variety = later
				}
				v := r.IntN(variety)
				want[row] = fmt.Sprint(v)
				switch kind {
				case warehouse.String:
					if v%7 == 3 {
						want[row] = ""
					}
					c.setText(row, room, []byte(want[row]))
				case warehouse.Int32, warehouse.Date:
					c.setInt32(row, room, int32(v))
				case warehouse.Decimal:
					c.setDecimal(row, room, int64(v))
				case warehouse.Bool:
					want[row] = fmt.Sprint(v%2 == 0)
					c.setBool(row, room, v%2 == 0)
				default:
					c.setInt64(row, room, int64(v))
				}
			}
			a := c.take(rows)
			for row, want := range want {
				if got := shown(a, row); got != want {
					t.Fatalf("seed %d, batch %d, %s: row %d of %d is %q, want %q", seed, batch, kind, row, rows, got, want)
				}
			}
			if a != nil {
				a.Release()
			}
		}
		c.reset()
	}
	if mem.used() != 0 {
		t.Errorf("%d bytes are in use after all was released", mem.used())
	}
	mem.close()
	checked.AssertSize(t, 0)
}

func shown(a arrow.Array, row int) string {
	if a == nil || a.IsNull(row) {
		return "(null)"
	}
	switch a := a.(type) {
	case *array.Dictionary:
		return a.Dictionary().(*array.String).Value(a.GetValueIndex(row))
	case *array.String:
		return a.Value(row)
	case *array.Int32:
		return fmt.Sprint(a.Value(row))
	case *array.Date32:
		return fmt.Sprint(int32(a.Value(row)))
	case *array.Int64:
		return fmt.Sprint(a.Value(row))
	case *array.Timestamp:
		return fmt.Sprint(int64(a.Value(row)))
	case *array.Decimal128:
		return fmt.Sprint(int64(a.Value(row).LowBits()))
	case *array.Boolean:
		return fmt.Sprint(a.Value(row))
	}
	return a.DataType().String()
}

// A column whose values all came early is null in the many rows behind them: its memory reaches as far as the batch.
func TestColumn_take_nothingAtTheEnd(t *testing.T) {
	for _, kind := range []warehouse.ColumnType{warehouse.String, warehouse.Int64, warehouse.Bool} {
		c := newColumn(memory.DefaultAllocator, kind, false)
		switch kind {
		case warehouse.String:
			c.setText(0, reserved, []byte("once"))
		case warehouse.Bool:
			c.setBool(0, reserved, true)
		default:
			c.setInt64(0, reserved, 7)
		}
		rows := 16 * reserved
		a := c.take(rows)
		if bits := 8 * len(a.NullBitmapBytes()); bits < rows || a.NullN() != rows-1 || a.IsValid(rows-1) {
			t.Errorf("%s: %d rows have a bitmap of %d bits and %d nulls", kind, rows, bits, a.NullN())
		}
		a.Release()
	}
}

// A column takes few and short words along into the next batch, and neither many nor long ones.
func TestColumn_keeps(t *testing.T) {
	for name, tc := range map[string]struct {
		words, size, kept int
	}{
		"few":  {300, 10, 300},
		"many": {5000, 10, 0},
		"long": {300, 4 << 10, 0},
	} {
		c := newColumn(memory.DefaultAllocator, warehouse.String, false)
		rows := 3 * tc.words
		for row := range rows {
			c.setText(row, rows, fmt.Appendf(nil, "%0*d", tc.size, row/3))
		}
		if all, own := c.words(); own != all || own == 0 || c.plain {
			t.Errorf("%s: %d of %d bytes are the batch's own, plain: %v", name, own, all, c.plain)
		}
		c.take(rows).Release()
		if all, own := c.words(); c.set.Len() != tc.kept || all > keptBytes || own != 0 {
			t.Errorf("%s: %d words in %d bytes were kept, %d count for the next batch", name, c.set.Len(), all, own)
		}
	}
}

// A batch is not full of what was kept from the batches before, although that is paid for.
func TestWriter_full_keptWords(t *testing.T) {
	words := make([]column, 8)
	for i := range words {
		words[i] = newColumn(memory.DefaultAllocator, warehouse.String, false)
	}
	fill := func(size int) {
		for i := range words {
			for row := range 900 {
				words[i].setText(row, 900, fmt.Appendf(nil, "%0*d", size, row/3))
			}
		}
	}
	w := &writer{
		in:    &Ingester{cfg: Config{BatchBytes: 1 << 20}, budget: newBudget(1 << 30)},
		order: []*stream{{rows: &rowBuilder{columns: words}, rejects: newRejectBuilder(memory.DefaultAllocator)}},
	}
	defer w.order[0].rejects.release()
	fill(500)
	if w.charge(0); !w.full() {
		t.Fatalf("not full of %d bytes", w.size)
	}
	for i := range words {
		words[i].take(900).Release()
	}
	if w.charge(0); w.full() || w.charged < 1<<20 || w.in.budget.inUse() != w.charged {
		t.Errorf("an empty batch has %d bytes of its own; %d are charged", w.size, w.charged)
	}
}
