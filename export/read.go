package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dutyflow/dutyflow/warehouse/duck"
)

// column is a column that is written, by the name that it has in the log.
type column struct {
	sql, name string
	kind      kind
}

// caseColumns are what a log says of a case. '~' (unknown) is no value.
var caseColumns = []column{
	{"process_code", "process_code", text}, {"process_ver", "process_ver", integer}, {"item_code", "item_code", text},
	{"region_code", "region_code", text}, {"sector_code", "sector_code", text}, {"org_code", "org_code", text},
	{"section_code", "section_code", text}, {"owner_org", "owner_org", text}, {"channel", "channel", text},
	{"service_kind", "service_kind", text}, {"submitted_at", "submitted_at", instant}, {"accepted_at", "accepted_at", instant},
	{"finished_at", "finished_at", instant}, {"finish_kind", "finish_kind", text}, {"ended_at", "ended_at", instant},
	{"case when finish_kind = 'voided' then ended_at end", "voided_at", instant},
	{"case when finish_kind is null then ended_at end", "refused_at", instant}, // nothing else ends a case that never was finished
	{"due_at", "due_at", instant}, {"is_open", "is_open", boolean}, {"on_time", "on_time", boolean},
	{"wall_s", "wall_s", float}, {"work_s", "work_s", float}, {"net_work_s", "net_work_s", float},
	{"variant_id", "variant_id", text}, {"lead_org", "lead_org", text}, {"parent_case_id", "parent_case_id", text},
	{"origin_region_code", "origin_region_code", text}, {"origin_case_id", "origin_case_id", text},
}

// runColumns are what a log says of a run beside its activity and time. What was implied is not said.
var runColumns = []column{
	{"actor_id", "org:resource", text}, {"section_code", "org:group", text}, {"post_code", "org:role", text},
	{"case when not implied_arrive then arrived_at end", "arrived_at", instant}, {"claimed_at", "claimed_at", instant},
	{"started_at", "started_at", instant},
	// the name under which tools look for the begin of an event that lasts
	{"case when not implied_start then coalesce(started_at, claimed_at) end", "start_timestamp", instant},
	{"org_code", "org_code", text}, {"region_code", "region_code", text}, {"sector_code", "sector_code", text},
	{"window_code", "window_code", text}, {"result", "result", text}, {"approval_level", "approval_level", integer},
	{"visit", "visit", integer},
	// what the run consisted of: a lone message that told its other instants, or one message for each
	{"case when first_at < last_at then 'several' else 'one' end", "messages", text},
}

// condition is the WHERE of the selected cases, over v_case.
func (s Selection) condition() string {
	terms := []string{"true"}
	add := func(format, value string) { terms = append(terms, fmt.Sprintf(format, value)) }
	if s.Process != "" {
		add("process_code = %s", duck.Literal(s.Process))
	}
	if s.Region != "" {
		add("(region_code = %[1]s or region_in(region_code, %[1]s))", duck.Literal(regionCode(s.Region))) // a region in no list lies in itself
	}
	if !s.Since.IsZero() {
		add("local_date(coalesce(accepted_at, first_event_at)) >= date %s", duck.Literal(s.Since.Format(time.DateOnly)))
	}
	if !s.Until.IsZero() {
		add("local_date(coalesce(accepted_at, first_event_at)) < date %s", duck.Literal(s.Until.Format(time.DateOnly)))
	}
	if s.Where != "" {
		add("(%s\n)", s.Where)
	}
	return strings.Join(terms, " and ")
}

// regionCode writes a code of 6 or 9 digits as the lake has it, with 12.
func regionCode(code string) string {
	if (len(code) == 6 || len(code) == 9) && strings.Trim(code, "0123456789") == "" {
		return code + "000000"[:12-len(code)]
	}
	return code
}

func count(ctx context.Context, o Options) (cases, runs int64, err error) {
	query := "select count(*)::bigint, coalesce(sum(n_steps), 0)::bigint from (select * from v_case where " + o.Selection.condition() + "\n)"
	rows, err := o.DB.Query(ctx, query)
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrBadSelection, err)
	}
	defer rows.Close()
	if rows.Next() {
		cases, runs = rows.Values()[0].(int64), rows.Values()[1].(int64)
	}
	if err := rows.Err(); err != nil {
		return 0, 0, fmt.Errorf("%w: %w", ErrBadSelection, err)
	}
	return cases, runs, nil
}

// cuts are the case ids between which pieces lie: each holds about so many runs that they can be sorted in memory. They are
// taken from a sample by hash, which is the same whenever the cases are.
func cuts(ctx context.Context, o Options, cases, runs int64) ([]string, error) {
	n := (runs + cases) / piece
	if n == 0 {
		return nil, nil
	}
	every := max(1, cases/(n*200))
	rows, err := o.DB.Query(ctx, fmt.Sprintf("select case_id from (select * from v_case where %s\n) where hash(case_id) %% %d = 0 order by case_id",
		o.Selection.condition(), every))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var sample []string
	for rows.Next() {
		id, _ := rows.Text(0)
		sample = append(sample, id)
	}
	var out []string
	for i := int64(1); i <= n && len(sample) > 0; i++ {
		if cut := sample[int64(len(sample))*i/(n+1)]; len(out) == 0 || out[len(out)-1] != cut {
			out = append(out, cut)
		}
	}
	return out, rows.Err()
}

// stream reads the cases and their runs, piece by piece, and hands them to the sink.
func stream(ctx context.Context, o Options, out sink, cases, runs int64) (Summary, error) {
	ids, err := cuts(ctx, o, cases, runs)
	if err != nil {
		return Summary{}, err
	}
	var done Summary
	for i := 0; i <= len(ids); i++ {
		where := "true"
		if i > 0 {
			where += " and case_id >= " + duck.Literal(ids[i-1])
		}
		if i < len(ids) {
			where += " and case_id < " + duck.Literal(ids[i])
		}
		if err := streamPiece(ctx, o, out, where, cases, &done); err != nil {
			return Summary{}, err
		}
	}
	return done, nil
}

func streamPiece(ctx context.Context, o Options, out sink, where string, total int64, done *Summary) (err error) {
	selected := "(select * from v_case where " + where + " and " + o.Selection.condition() + "\n)"
	heads, err := o.DB.Query(ctx, "select case_id, "+list(caseColumns)+" from "+selected+" order by case_id")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, heads.Close()) }()
	steps, err := o.DB.Query(ctx, `select case_id, run_pos, step_code,
	case when not implied_end and ended_at is not null then ended_at else last_at end as at,
	case when not implied_end and ended_at is not null then 'complete'
		when started_at is not null or claimed_at is not null then 'start' else 'schedule' end as transition, `+list(runColumns)+`
from fact_step_run where `+where+` and case_id in (select case_id from `+selected+`) order by case_id, run_pos`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, steps.Close()) }()
	more := steps.Next()
	for heads.Next() {
		id, _ := heads.Text(0)
		if err := out.beginCase(append([]field{{"case_id", text, id}}, fields(heads, caseColumns, 1)...)); err != nil {
			return err
		}
		for ; more; more = steps.Next() {
			if of, _ := steps.Text(0); of != id {
				break
			}
			pos, _ := steps.Text(1)
			e := event{id: id + "/" + pos, fields: fields(steps, runColumns, 5)}
			e.activity, _ = steps.Text(2)
			e.at, _ = steps.Text(3)
			e.transition, _ = steps.Text(4)
			if err := out.event(e); err != nil {
				return err
			}
			done.Events++
		}
		if err := out.endCase(); err != nil {
			return err
		}
		if done.Cases++; done.Cases%1000 == 0 || done.Cases == total {
			o.Progress(done.Cases, total)
		}
	}
	if err := errors.Join(heads.Err(), steps.Err()); err != nil {
		return err
	}
	if more {
		id, _ := steps.Text(0)
		return fmt.Errorf("runs of case %s belong to no case: %w", id, io.ErrUnexpectedEOF)
	}
	return nil
}

func list(columns []column) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = c.sql
	}
	return strings.Join(parts, ", ")
}

// fields are the values of a row that are known.
func fields(rows *duck.Rows, columns []column, from int) []field {
	out := make([]field, 0, len(columns))
	for i, c := range columns {
		if value, ok := rows.Text(from + i); ok && value != "~" {
			out = append(out, field{c.name, c.kind, value})
		}
	}
	return out
}
