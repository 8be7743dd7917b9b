package ingesttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dutyflow/dutyflow/ingest"
	"github.com/dutyflow/dutyflow/ingest/record"
	"github.com/dutyflow/dutyflow/warehouse"
	"github.com/dutyflow/dutyflow/warehouse/warehousetest"
)

// account is what a simulation knows of every offset that it gave out.
type account struct {
	topics  ingest.Topics
	entries map[warehouse.Partition][]entry // by offset
}

// entry is one offset.
type entry struct {
	Made
	fate offsetFate
}

type offsetFate int

const (
	readable  offsetFate = iota // must be in the lake once
	pending                     // of an open transaction: must not be there yet
	nothing                     // a marker, or aborted: must never be there
	compacted                   // may have been read before it was removed: at most once
)

// found is what the lake holds for an offset.
type found struct {
	rows, rejects, gaps int
	wrong               string
}

// check compares the lake with the account and lists what is wrong. Offsets from the ledger on may not be in a record
// table at all; with whole, nothing may be missing.
func (a *account) check(lake *warehousetest.Lake, ledgers map[string]warehouse.Ledger, whole bool) []string {
	seen := make(map[warehouse.Partition][]found)
	for p, entries := range a.entries {
		seen[p] = make([]found, len(entries))
	}
	var problems []string
	at := func(table string, row warehousetest.Row, offset int64) *found {
		p := warehouse.Partition{Cluster: row["_cluster"].(string), Topic: row["_topic"].(string), ID: row["_partition"].(int32)}
		if offset < 0 || offset >= int64(len(seen[p])) {
			problems = append(problems, fmt.Sprintf("%s: %v@%d was never produced", table, p, offset))
			return new(found)
		}
		return &seen[p][offset]
	}
	for _, table := range []string{"step", "work"} {
		for _, row := range lake.Rows(table) {
			f := at(table, row, row["_offset"].(int64))
			f.rows++
			p := warehouse.Partition{Cluster: row["_cluster"].(string), Topic: row["_topic"].(string), ID: row["_partition"].(int32)}
			if e := a.entries[p]; row["_offset"].(int64) < int64(len(e)) && row["event_id"] != e[row["_offset"].(int64)].EventID {
				f.wrong = fmt.Sprintf("has event_id %v", row["event_id"])
			}
		}
	}
	for _, row := range lake.Rows("rejects") {
		offset := row["_offset"].(int64)
		if row["reason"] == "offset_gap" {
			var from, to int64
			if _, err := fmt.Sscanf(row["detail"].(string), "offsets %d to %d", &from, &to); err != nil || from != offset {
				problems = append(problems, fmt.Sprintf("gap at %d says %v", offset, row["detail"]))
			}
			for o := from; o <= to; o++ {
				at("rejects", row, o).gaps++
			}
			continue
		}
		f := at("rejects", row, offset)
		f.rejects++
		p := warehouse.Partition{Cluster: row["_cluster"].(string), Topic: row["_topic"].(string), ID: row["_partition"].(int32)}
		if e := a.entries[p]; offset < int64(len(e)) {
			raw, _ := row["raw"].([]byte)
			switch m := e[offset]; {
			case row["reason"] != string(m.Reject):
				f.wrong = fmt.Sprintf("was rejected for %v instead of %q", row["reason"], m.Reject)
			case m.Reject != record.NullValue && string(raw) != string(m.Message.Value):
				f.wrong = "holds other bytes"
			}
		}
	}
	for p, entries := range a.entries {
		next := ledgers[ingest.TableOf(a.contract(p.Topic))][p].Next
		for offset, e := range entries {
			if wrong := a.judge(p, e, seen[p][offset], int64(offset) < next, whole); wrong != "" {
				problems = append(problems, fmt.Sprintf("%s[%d]@%d (ledger %d): %s", p.Topic, p.ID, offset, next, wrong))
			}
		}
	}
	slices.Sort(problems)
	const enough = 15
	if len(problems) > enough {
		problems = append(problems[:enough], fmt.Sprintf("and %d more", len(problems)-enough))
	}
	return problems
}

func (a *account) contract(topic string) *record.Contract {
	c, _ := record.Lookup(a.topics[topic].Type)
	return c
}

// judge says what is wrong with an offset.
func (a *account) judge(p warehouse.Partition, e entry, f found, below, whole bool) string {
	skipped := e.Reject != "" && a.topics[p.Topic].Poison == ingest.PoisonSkip
	all := f.rows + f.rejects + f.gaps
	switch {
	case f.wrong != "":
		return f.wrong
	case f.rows > 0 && !below:
		return "is a row, and the ledger does not say so"
	// A gap may name what a worker that died had recorded as rejects or as a shorter gap: it could not know.
	case f.rows+f.rejects > 1, f.rows > 0 && f.gaps > 0:
		return fmt.Sprintf("is there %d times: %d rows, %d rejects, %d gaps", all, f.rows, f.rejects, f.gaps)
	case f.rows > 0 && e.Reject != "":
		return "should be a reject for " + string(e.Reject)
	case f.rejects > 0 && (e.Reject == "" || skipped):
		return "should not be a reject"
	case (e.fate == pending || e.fate == nothing) && f.rows+f.rejects > 0:
		return "is there, and its transaction was not committed"
	case e.fate == readable && !skipped && all == 0 && (below || whole):
		return "is lost"
	}
	return ""
}

// list shows what a check found.
func list(problems []string) string { return strings.Join(problems, "\n  ") }
