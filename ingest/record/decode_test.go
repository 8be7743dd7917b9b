package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// at is the Kafka timestamp of the tests.
var at = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

func contract(t testing.TB, name string) *record.Contract {
	t.Helper()
	c, ok := record.Lookup(name)
	if !ok {
		t.Fatalf("no contract %s", name)
	}
	return c
}

func decoder(t testing.TB, name string) *record.Decoder {
	return record.NewDecoder(contract(t, name), record.DefaultOptions())
}

// The messages of domain.md 6.1.10.
const (
	acceptMsg   = `{"schema":"duty.step.v1","event_id":"e-0001","event_time":"2026-02-12T09:05:00+08:00","source":"spj","region_code":"371300","org_code":"LY-SPJ","section_code":"LY-SPJ-03","case_id":"C-1","action":"accept","item_code":"I-0421","process_code":"P-0421","promised_limit":3,"promised_unit":"wd","statutory_limit":20,"statutory_unit":"wd","service_kind":"promise","channel":"window"}`
	stepMsg     = `{"schema":"duty.step.v1","event_id":"e-0002","event_time":"2026-02-13T10:20:00+08:00","source":"spj","region_code":"371300","org_code":"LY-SPJ","section_code":"LY-SPJ-03","post_code":"LY-SPJ-03-2","actor_id":"a9f1","case_id":"C-1","action":"step_end","item_code":"I-0421","process_code":"P-0421","step_code":"S2","arrived_at":"2026-02-12T09:05:00+08:00","claimed_at":"2026-02-13T08:40:00+08:00","approval_level":1}`
	suspendMsg  = `{"schema":"duty.step.v1","event_id":"e-0003","event_time":"2026-02-13T11:00:00+08:00","source":"spj","region_code":"371300","org_code":"LY-SPJ","case_id":"C-1","action":"suspend_start","item_code":"I-0421","process_code":"P-0421","suspend_id":"x1","suspend_kind":"expert","suspend_limit":5,"suspend_limit_unit":"wd"}`
	finishMsg   = `{"schema":"duty.step.v1","event_id":"e-0004","event_time":"2026-02-25T17:10:00+08:00","source":"spj","region_code":"371300","org_code":"LY-SPJ","case_id":"C-1","action":"finish","item_code":"I-0421","process_code":"P-0421","finish_kind":"certificate","flags":["online","one_visit"],"is_test":false}`
	workMsg     = `{"schema":"duty.work.v1","event_id":"d-77","event_time":"2026-02-13T17:20:00+08:00","source":"lz","region_code":"371300","org_code":"LY-SCJG","section_code":"LY-SCJG-DJ","post_code":"LY-SCJG-DJ-1","actor_id":"b2","record_id":"R-77","work_date":"2026-02-13","task_code":"T-0007","list_kind":"task","phase":"submit","quantity":2.5,"minutes":90,"result":"done","collect_mode":"daily"}`
	deleteMsg   = `{"schema":"duty.step.v1","event_id":"e-0004","event_time":"2026-02-25T17:10:00+08:00","source":"spj","op":"delete","rev":1,"case_id":"C-1"}`
	chineseMsg  = `{"schema":"duty.step.v1.3","event_id":"事件-1","event_time":"2026-02-12 09:05:00.1234567+08:00","source":"审批局","region_code":"371300001","org_code":"行政审批服务局","case_id":"办\u4ef6\ud83d\ude00","action":"step_end","task_code":"T","process_code":"P","step_code":"受理\t审查","ext":{"备注":"含\"引号\"","级":"2"},"新字段":[1, {"a":null}],"approval_level":"2"}`
	anotherMode = ` { "channel" : "web" , "schema" : "duty.step.v1" , "case_id" : "C" , "event_id" : "e" , "event_time" : "2026-02-12T01:05:00Z" , "source" : "s" , "region_code" : "~" , "org_code" : "o" , "action" : "submit" , "task_code" : "t" , "process_code" : "p" } `
)

// got reads a field of an accepted message as the text that it has in a message.
func got(c *record.Contract, row *record.Row, name string) string {
	var one map[string]json.RawMessage
	if err := json.Unmarshal(record.AppendJSON(nil, c, row), &one); err != nil {
		return err.Error()
	}
	return string(one[name])
}

// A message of the domain's examples is accepted with every value in its place.
func TestDecode_Accepts(t *testing.T) {
	for _, tc := range []struct {
		contract, msg string
		want          map[string]string
		ext           string
		date          string
		quality       uint32
	}{
		{"duty.step", acceptMsg, map[string]string{"event_time": `"2026-02-12T01:05:00Z"`, "region_code": `"371300000000"`, "promised_limit": "3", "channel": `"window"`, "item_code": `"I-0421"`, "rev": ""}, "", "2026-02-12", 0},
		{"duty.step", stepMsg, map[string]string{"step_code": `"S2"`, "claimed_at": `"2026-02-13T00:40:00Z"`, "approval_level": "1"}, "", "2026-02-13", 0},
		{"duty.step", suspendMsg, map[string]string{"suspend_kind": `"expert"`}, "", "2026-02-13", 0},
		{"duty.step", finishMsg, map[string]string{"flags": `["one_visit","online"]`, "is_test": "false"}, "", "2026-02-25", 0},
		{"duty.step", deleteMsg, map[string]string{"op": `"delete"`, "rev": "1", "org_code": ""}, "", "2026-02-25", 0},
		{"duty.step", anotherMode, map[string]string{"channel": `"web"`, "region_code": `"~"`}, "", "2026-02-12", 0},
		{"duty.work", workMsg, map[string]string{"quantity": "2.5", "work_date": `"2026-02-13"`, "minutes": "90"}, "", "2026-02-13", 0},
		{"duty.step", chineseMsg, map[string]string{"case_id": `"办件😀"`, "event_time": `"2026-02-12T01:05:00.123456Z"`, "step_code": `"受理\t审查"`, "region_code": `"371300001000"`, "approval_level": "2"},
			`{"备注":"含\"引号\"","级":"2","新字段":[1, {"a":null}]}`, "2026-02-12",
			record.UnknownFields | record.NewerMinor | record.NumberText | record.TimeCut},
	} {
		c := contract(t, tc.contract)
		var row record.Row
		if rej := decoder(t, tc.contract).Decode([]byte(tc.msg), at, &row); rej != nil {
			t.Errorf("%s: %v", tc.msg, rej)
			continue
		}
		for name, want := range tc.want {
			if g := got(c, &row, name); g != want {
				t.Errorf("%s: %s is %s, want %s", tc.msg[:60], name, g, want)
			}
		}
		if string(row.Ext) != tc.ext {
			t.Errorf("ext is %s, want %s", row.Ext, tc.ext)
		}
		if d := time.Unix(int64(row.EventDate)*86400, 0).UTC().Format(time.DateOnly); d != tc.date {
			t.Errorf("event date is %s, want %s", d, tc.date)
		}
		if row.Quality != tc.quality {
			t.Errorf("quality is %b, want %b", row.Quality, tc.quality)
		}
	}
}

// with returns the accept message with fields put in place of its own; an empty value leaves the field out.
func with(t testing.TB, base string, fields ...string) string {
	t.Helper()
	var keys []string
	values := map[string]string{}
	dec := json.NewDecoder(strings.NewReader(base))
	dec.Token()
	for dec.More() {
		k, _ := dec.Token()
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k.(string))
		values[k.(string)] = string(v)
	}
	for i := 0; i < len(fields); i += 2 {
		if _, there := values[fields[i]]; !there {
			keys = append(keys, fields[i])
		}
		values[fields[i]] = fields[i+1]
	}
	var parts []string
	for _, k := range keys {
		if values[k] != "" {
			parts = append(parts, fmt.Sprintf("%q:%s", k, values[k]))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// Each rule of a field rejects with its reason and names the field; what is just inside the rule is accepted.
func TestDecode_Rules(t *testing.T) {
	long := strings.Repeat("长", 64)
	for _, tc := range []struct {
		name   string
		msg    string
		reason record.Reason // empty: accepted
		field  string
	}{
		{"null required", with(t, acceptMsg, "source", "null"), record.MissingField, "source"},
		{"empty required", with(t, acceptMsg, "source", `""`), record.MissingField, "source"},
		{"missing required", with(t, acceptMsg, "case_id", ""), record.MissingField, "case_id"},
		{"empty optional", with(t, acceptMsg, "section_code", `""`), "", ""},
		{"empty optional number", with(t, acceptMsg, "approval_level", `""`), "", ""},
		{"null optional", with(t, acceptMsg, "due_at", `null`), "", ""},
		{"64 characters, 192 bytes", with(t, acceptMsg, "case_id", `"`+long+`"`), "", ""},
		{"65 characters", with(t, acceptMsg, "case_id", `"`+long+`x"`), record.TooLong, "case_id"},
		{"number for a string", with(t, acceptMsg, "case_id", `1`), record.WrongType, "case_id"},
		{"bool for a string", with(t, acceptMsg, "case_id", `true`), record.WrongType, "case_id"},
		{"object for a string", with(t, acceptMsg, "case_id", `{}`), record.WrongType, "case_id"},
		{"number for a region", with(t, acceptMsg, "region_code", `371300`), record.WrongType, "region_code"},
		{"12 digits", with(t, acceptMsg, "region_code", `"371300000000"`), "", ""},
		{"region of 33", with(t, acceptMsg, "region_code", `"`+strings.Repeat("x", 33)+`"`), record.TooLong, "region_code"},
		{"unknown code", with(t, acceptMsg, "action", `"approve"`), record.UnknownCode, "action"},
		{"code in capitals", with(t, acceptMsg, "action", `"ACCEPT"`), record.UnknownCode, "action"},
		{"unknown flag", with(t, acceptMsg, "flags", `["online","x"]`), record.UnknownCode, "flags"},
		{"flags not an array", with(t, acceptMsg, "flags", `"online"`), record.WrongType, "flags"},
		{"flags of numbers", with(t, acceptMsg, "flags", `[1]`), record.WrongType, "flags"},
		{"flags empty", with(t, acceptMsg, "flags", `[ ]`), "", ""},
		{"string for a bool", with(t, acceptMsg, "is_test", `"true"`), record.WrongType, "is_test"},
		{"number for a bool", with(t, acceptMsg, "is_test", `1`), record.WrongType, "is_test"},
		{"numeric text", with(t, acceptMsg, "rev", `"7"`), "", ""},
		{"exponent", with(t, acceptMsg, "rev", `1.2e1`), "", ""},
		{"minus zero", with(t, acceptMsg, "rev", `-0`), "", ""},
		{"fraction", with(t, acceptMsg, "rev", `1.5`), record.BadNumber, "rev"},
		{"negative rev", with(t, acceptMsg, "rev", `-1`), record.OutOfRange, "rev"},
		{"int32 end", with(t, acceptMsg, "rev", `2147483647`), "", ""},
		{"beyond int32", with(t, acceptMsg, "rev", `2147483648`), record.OutOfRange, "rev"},
		{"int64 ends", with(t, acceptMsg, "seq", `-9223372036854775808`), "", ""},
		{"beyond int64", with(t, acceptMsg, "seq", `9223372036854775808`), record.OutOfRange, "seq"},
		{"huge", with(t, acceptMsg, "seq", `1e400`), record.OutOfRange, "seq"},
		{"huge zero", with(t, acceptMsg, "seq", `0e400`), "", ""},
		{"leading zero in text", with(t, acceptMsg, "seq", `"007"`), record.BadNumber, "seq"},
		{"plus sign in text", with(t, acceptMsg, "seq", `"+7"`), record.BadNumber, "seq"},
		{"blank in text", with(t, acceptMsg, "seq", `" 7"`), record.BadNumber, "seq"},
		{"three decimals", with(t, acceptMsg, "promised_limit", `0.125`), "", ""},
		{"zeros behind them", with(t, acceptMsg, "promised_limit", `0.125000`), "", ""},
		{"four decimals", with(t, acceptMsg, "promised_limit", `0.1255`), record.BadNumber, "promised_limit"},
		{"18 digits", with(t, acceptMsg, "promised_limit", `999999999999999.999`), "", ""},
		{"19 digits", with(t, acceptMsg, "promised_limit", `1000000000000000`), record.OutOfRange, "promised_limit"},
		{"negative limit", with(t, acceptMsg, "promised_limit", `-0.001`), record.OutOfRange, "promised_limit"},
		{"level 0", with(t, acceptMsg, "approval_level", `0`), record.OutOfRange, "approval_level"},
		{"no offset", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:00"`), record.BadTime, "event_time"},
		{"date only", with(t, acceptMsg, "event_time", `"2026-02-12"`), record.BadTime, "event_time"},
		{"epoch number", with(t, acceptMsg, "event_time", `1770858300`), record.WrongType, "event_time"},
		{"30 February", with(t, acceptMsg, "event_time", `"2026-02-30T09:05:00Z"`), record.BadTime, "event_time"},
		{"29 February of no leap year", with(t, acceptMsg, "event_time", `"2025-02-29T09:05:00Z"`), record.BadTime, "event_time"},
		{"29 February", with(t, acceptMsg, "event_time", `"2024-02-29T09:05:00Z"`), "", ""},
		{"24:00", with(t, acceptMsg, "event_time", `"2026-02-12T24:00:00Z"`), record.BadTime, "event_time"},
		{"minute 60", with(t, acceptMsg, "event_time", `"2026-02-12T23:60:00Z"`), record.BadTime, "event_time"},
		{"second 61", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:61Z"`), record.BadTime, "event_time"},
		{"29 February of 2100", with(t, acceptMsg, "due_at", `"2100-02-29T09:05:00Z"`), record.BadTime, "due_at"},
		{"29 February of 2000", with(t, acceptMsg, "due_at", `"2000-02-29T09:05:00Z"`), "", ""},
		{"leap second", with(t, acceptMsg, "event_time", `"2017-01-01T07:59:60+08:00"`), "", ""},
		{"no leap second", with(t, acceptMsg, "event_time", `"2026-02-12T23:59:60Z"`), record.BadTime, "event_time"},
		{"offset of 14 h", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:00+14:00"`), "", ""},
		{"offset beyond 14 h", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:00+14:01"`), record.BadTime, "event_time"},
		{"offset without colon", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:00+0800"`), record.BadTime, "event_time"},
		{"one-digit month", with(t, acceptMsg, "event_time", `"2026-2-12T09:05:00Z"`), record.BadTime, "event_time"},
		{"point without digits", with(t, acceptMsg, "event_time", `"2026-02-12T09:05:00.Z"`), record.BadTime, "event_time"},
		{"small t and z", with(t, acceptMsg, "event_time", `"2026-02-12t09:05:00z"`), "", ""},
		{"1990 begins", with(t, acceptMsg, "event_time", `"1990-01-01T00:00:00+08:00"`), "", ""},
		{"before 1990", with(t, acceptMsg, "event_time", `"1989-12-31T23:59:59.999999+08:00"`), record.TimeOutOfRange, "event_time"},
		{"two days ahead", with(t, acceptMsg, "event_time", `"2026-03-03T00:00:00Z"`), "", ""},
		{"more than two days ahead", with(t, acceptMsg, "event_time", `"2026-03-03T00:00:00.000001Z"`), record.TimeOutOfRange, "event_time"},
		{"due in 30 years", with(t, acceptMsg, "due_at", `"2056-03-03T00:00:00Z"`), "", ""},
		{"due never", with(t, acceptMsg, "due_at", `"9999-12-31T00:00:00Z"`), record.TimeOutOfRange, "due_at"},
		{"step without step_code", with(t, stepMsg, "step_code", ""), record.MissingField, "step_code"},
		{"return without step_code", with(t, acceptMsg, "action", `"return"`), record.MissingField, "step_code"},
		{"neither item nor task", with(t, acceptMsg, "item_code", ""), record.MissingField, "item_code"},
		{"task for item", with(t, acceptMsg, "item_code", "", "task_code", `"T"`), "", ""},
		{"finish without kind", with(t, finishMsg, "finish_kind", ""), record.MissingField, "finish_kind"},
		{"extend without limit", with(t, acceptMsg, "action", `"extend"`), record.MissingField, "extend_limit"},
		{"suspend without id", with(t, suspendMsg, "suspend_id", ""), record.MissingField, "suspend_id"},
		{"suspend without kind", with(t, suspendMsg, "suspend_kind", ""), record.MissingField, "suspend_kind"},
		{"suspend end without kind", with(t, suspendMsg, "action", `"suspend_end"`, "suspend_kind", ""), record.MissingField, "suspend_kind"},
		{"delete without entity", with(t, deleteMsg, "case_id", ""), record.MissingField, "case_id"},
		{"delete with a bad field", with(t, deleteMsg, "action", `"x"`), record.UnknownCode, "action"},
		{"minor version", with(t, acceptMsg, "schema", `"duty.step.v1.12"`), "", ""},
		{"major version", with(t, acceptMsg, "schema", `"duty.step.v2"`), record.WrongSchema, "schema"},
		{"major version that begins alike", with(t, acceptMsg, "schema", `"duty.step.v10"`), record.WrongSchema, "schema"},
		{"another type with unknown codes", with(t, acceptMsg, "schema", `"duty.ticket.v1"`, "action", `"x"`), record.WrongSchema, "schema"},
		{"known twice", strings.Replace(acceptMsg, `{`, `{"rev":1,"\u0072ev":1,`, 1), record.DuplicateKey, "rev"},
		{"known twice, null first", strings.Replace(acceptMsg, `{`, `{"rev":null,"rev":1,`, 1), record.DuplicateKey, "rev"},
		{"unknown twice", strings.Replace(acceptMsg, `{`, `{"x":1,"\u0078":1,`, 1), record.DuplicateKey, "x"},
		{"unknown and in ext", strings.Replace(acceptMsg, `{`, `{"x":1,"ext":{"x":"1"},`, 1), record.DuplicateKey, "x"},
		{"ext twice", strings.Replace(acceptMsg, `{`, `{"ext":{},"ext":{},`, 1), record.DuplicateKey, "ext"},
		{"ext a string", with(t, acceptMsg, "ext", `"x"`), record.WrongType, "ext"},
		{"ext null", with(t, acceptMsg, "ext", `null`), "", ""},
		{"ext of 64 KiB", with(t, acceptMsg, "ext", `{"a":"`+strings.Repeat("x", 64<<10-8)+`"}`), "", ""},
		{"ext beyond 64 KiB", with(t, acceptMsg, "ext", `{"a":"`+strings.Repeat("x", 64<<10-7)+`"}`), record.ExtTooLarge, ""},
		{"unknown value of 1 MiB", with(t, acceptMsg, "a", `"`+strings.Repeat("x", 1<<20)+`"`), record.ExtTooLarge, ""},
		{"known value of 1 MiB", with(t, acceptMsg, "case_id", `"`+strings.Repeat("x", 1<<20)+`"`), record.TooLong, "case_id"},
		{"actor is a name", with(t, acceptMsg, "actor_id", `"王小明"`), record.PersonalData, "actor_id"},
		{"actor holds a name in escapes", with(t, acceptMsg, "actor_id", `"\u738b"`), record.PersonalData, "actor_id"},
		{"actor is an ID number", with(t, acceptMsg, "actor_id", `"11010519491231002X"`), record.PersonalData, "actor_id"},
		{"actor is 18 digits without checksum", with(t, acceptMsg, "actor_id", `"110105194912310021"`), "", ""},
		{"actor is an old ID number", with(t, acceptMsg, "actor_id", `"110105491231002"`), record.PersonalData, "actor_id"},
		{"actor is a mobile number", with(t, acceptMsg, "actor_id", `"13800138000"`), record.PersonalData, "actor_id"},
		{"actor is a mobile number with country", with(t, acceptMsg, "actor_id", `"+86 138-0013-8000"`), record.PersonalData, "actor_id"},
		{"actor is a staff number", with(t, acceptMsg, "actor_id", `"20260001234"`), "", ""},
		{"actor has an accent", with(t, acceptMsg, "actor_id", `"Kåre_OLD"`), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var row record.Row
			rej := decoder(t, "duty.step").Decode([]byte(tc.msg), at, &row)
			switch {
			case rej == nil && tc.reason != "":
				t.Errorf("accepted, want %s", tc.reason)
			case rej != nil && (rej.Reason != tc.reason || rej.Field != tc.field):
				t.Errorf("%v, want %q of %q", rej, tc.reason, tc.field)
			}
		})
	}
}

// A duty report must say who did it, and on a day that is as plausible as an event time.
func TestDecode_WorkRules(t *testing.T) {
	for _, tc := range []struct {
		msg    string
		reason record.Reason
		field  string
	}{
		{with(t, workMsg, "section_code", ""), record.MissingField, "section_code"},
		{with(t, workMsg, "post_code", ""), record.MissingField, "post_code"},
		{with(t, workMsg, "actor_id", ""), record.MissingField, "actor_id"},
		{with(t, workMsg, "work_date", `"2026-02-29"`), record.BadTime, "work_date"},
		{with(t, workMsg, "work_date", `"2026-02-13T00:00:00Z"`), record.BadTime, "work_date"},
		{with(t, workMsg, "work_date", `"1989-12-31"`), record.TimeOutOfRange, "work_date"},
		{with(t, workMsg, "work_date", `"2026-03-04"`), record.TimeOutOfRange, "work_date"},
		{with(t, workMsg, "review_score", `100.001`), record.OutOfRange, "review_score"},
		{with(t, workMsg, "minutes", `1441`), record.OutOfRange, "minutes"},
	} {
		var row record.Row
		rej := decoder(t, "duty.work").Decode([]byte(tc.msg), at, &row)
		if rej == nil || rej.Reason != tc.reason || rej.Field != tc.field {
			t.Errorf("%s: %v, want %s of %s", tc.msg, rej, tc.reason, tc.field)
		}
	}
	// A delete has no work_date; its date is that of its event time.
	var row record.Row
	msg := `{"schema":"duty.work.v1","event_id":"d","event_time":"2026-02-13T23:20:00Z","source":"lz","op":"delete","record_id":"R"}`
	if rej := decoder(t, "duty.work").Decode([]byte(msg), at, &row); rej != nil {
		t.Fatal(rej)
	}
	if want := int32(time.Date(2026, 2, 14, 0, 0, 0, 0, time.UTC).Unix() / 86400); row.EventDate != want {
		t.Errorf("event date %d, want %d", row.EventDate, want)
	}
}

// What is not one JSON object in UTF-8 is rejected for that, however good its fields are.
func TestDecode_Malformed(t *testing.T) {
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, tc := range []struct {
		name   string
		msg    []byte
		reason record.Reason
	}{
		{"no value", nil, record.NullValue},
		{"nothing", []byte{}, record.NotJSON},
		{"blanks", []byte("  "), record.NotJSON},
		{"null", []byte("null"), record.NotObject},
		{"array", []byte("[" + acceptMsg + "]"), record.NotObject},
		{"string", []byte(`"x"`), record.NotObject},
		{"empty object", []byte(`{}`), record.MissingField},
		{"two objects", []byte(acceptMsg + acceptMsg), record.NotJSON},
		{"text behind it", []byte(acceptMsg + "x"), record.NotJSON},
		{"NUL behind it", []byte(acceptMsg + "\x00"), record.NotJSON},
		{"byte order mark", []byte("\ufeff" + acceptMsg), record.NotJSON},
		{"broken behind a wrong type", []byte(`{"case_id":1,"action"`), record.NotJSON},
		{"comma at the end", []byte(strings.Replace(acceptMsg, "}", ",}", 1)), record.NotJSON},
		{"single quotes", []byte(`{'a':1}`), record.NotJSON},
		{"key without quotes", []byte(`{a:1}`), record.NotJSON},
		{"leading zero", []byte(with(t, acceptMsg, "zz", `01`)), record.NotJSON},
		{"plus", []byte(with(t, acceptMsg, "zz", `+1`)), record.NotJSON},
		{"NaN", []byte(with(t, acceptMsg, "rev", `NaN`)), record.NotJSON},
		{"raw newline in a string", []byte(strings.Replace(acceptMsg, "C-1", "C\n1", 1)), record.NotJSON},
		{"unknown escape", []byte(strings.Replace(acceptMsg, "C-1", `C\x1`, 1)), record.NotJSON},
		{"short \\u", []byte(strings.Replace(acceptMsg, "C-1", `C\u12`, 1)), record.NotJSON},
		{"lone high surrogate", []byte(strings.Replace(acceptMsg, "C-1", `C\ud83d`, 1)), record.BadUTF8},
		{"lone low surrogate", []byte(strings.Replace(acceptMsg, "C-1", `C\ude00`, 1)), record.BadUTF8},
		{"two low surrogates", []byte(strings.Replace(acceptMsg, "C-1", `C\ude00\ude00`, 1)), record.BadUTF8},
		{"lone surrogate in an unknown field", []byte(with(t, acceptMsg, "zz", `["\ud83d\u0041"]`)), record.BadUTF8},
		{"truncated UTF-8", []byte(strings.Replace(acceptMsg, "C-1", "C\xe4\xbb", 1)), record.BadUTF8},
		{"overlong UTF-8", []byte(strings.Replace(acceptMsg, "C-1", "C\xc0\x80", 1)), record.BadUTF8},
		{"nested too deeply", []byte(with(t, acceptMsg, "zz", deep)), record.TooDeep},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var row record.Row
			rej := decoder(t, "duty.step").Decode(tc.msg, at, &row)
			if rej == nil || rej.Reason != tc.reason {
				t.Fatalf("%v, want %s", rej, tc.reason)
			}
		})
	}
	// Every prefix of a message is rejected as not JSON; none of them is read beyond its end.
	d := decoder(t, "duty.step")
	var row record.Row
	for n := range len(acceptMsg) {
		if rej := d.Decode([]byte(acceptMsg)[:n:n], at, &row); rej == nil || rej.Reason != record.NotJSON {
			t.Fatalf("prefix of %d bytes: %v", n, rej)
		}
	}
}

// A reject tells whose message it was, as far as that can be read, and never repeats a person's data.
func TestDecode_RejectIdentity(t *testing.T) {
	for _, msg := range []string{
		with(t, acceptMsg, "action", `"x"`),
		acceptMsg[:len(acceptMsg)-1],
		strings.Replace(acceptMsg, "LY-SPJ-03", "\xff", 1),
		with(t, acceptMsg, "actor_id", `"13800138000"`),
	} {
		var row record.Row
		rej := decoder(t, "duty.step").Decode([]byte(msg), at, &row)
		if rej == nil || rej.Schema != "duty.step.v1" || rej.Source != "spj" || rej.EventID != "e-0001" || rej.EntityID != "C-1" {
			t.Errorf("%s: %+v", msg, rej)
		}
		if rej != nil && strings.Contains(rej.Detail, "13800138000") {
			t.Errorf("detail holds the number: %s", rej.Detail)
		}
	}
}

// A field that the sender named is shown cut: its name may be as long as the message.
func TestDecode_RejectFieldIsCut(t *testing.T) {
	name := strings.Repeat("办", 5000)
	var row record.Row
	rej := decoder(t, "duty.step").Decode([]byte(with(t, acceptMsg, "ext", `{"`+name+`":1,"`+name+`":2}`)), at, &row)
	if rej == nil || rej.Reason != record.DuplicateKey || rej.Field != name[:128*len("办")] {
		t.Errorf("%.300v", rej)
	}
}

// A Kafka timestamp that lies behind every time of the lake is as good as none.
func TestKafkaTime(t *testing.T) {
	end := time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for millis, known := range map[int64]bool{
		math.MinInt64: false, -1: false, 0: true, at: true, end - 1: true, end: false, at * 1000: false, at * 1_000_000: false, math.MaxInt64: false,
	} {
		want := int64(0)
		if known {
			want = millis * 1000
		}
		if micros, ok := record.KafkaTime(millis); ok != known || micros != want {
			t.Errorf("%d: %d, %v", millis, micros, ok)
		}
	}
}

// Times without offset are read in the business zone, and only where the operator allows it.
func TestDecode_NaiveTimes(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	o := record.DefaultOptions()
	o.NaiveTimes = true
	o.Zone = newYork
	c := contract(t, "duty.step")
	d := record.NewDecoder(c, o)
	for wall, want := range map[string]string{
		"2026-02-12 09:05:00": "2026-02-12T14:05:00Z",
		"2025-07-01 00:00:00": "2025-07-01T04:00:00Z",
		"2025-03-09 02:30:00": "2025-03-09T07:30:00Z", // skipped
		"2025-11-02 01:30:00": "2025-11-02T05:30:00Z", // occurs twice
		"2025-11-02 02:30:00": "2025-11-02T07:30:00Z",
	} {
		var row record.Row
		if rej := d.Decode([]byte(with(t, acceptMsg, "event_time", `"`+wall+`"`)), at, &row); rej != nil {
			t.Fatal(rej)
		}
		if g := got(c, &row, "event_time"); g != `"`+want+`"` {
			t.Errorf("%s is %s, want %s", wall, g, want)
		}
		if row.Quality != record.NaiveTime {
			t.Errorf("quality %b", row.Quality)
		}
	}
}

// The local date of an instant is that of time.Location, in any zone, at any change.
func TestZone_LocalDate(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Europe/Amsterdam", "Pacific/Apia", "Australia/Lord_Howe", "UTC"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := record.NewZone(loc)
		from := time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		to := time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		for sec := from; sec < to; sec += 1799 {
			at := time.Unix(sec, 0).In(loc)
			y, m, d := at.Date()
			want := int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
			if g := z.LocalDate(sec * 1_000_000); g != want {
				t.Fatalf("%s at %s: %d, want %d", name, at, g, want)
			}
			_, offset := at.Zone()
			wall := sec + int64(offset)
			if back := z.Instant(wall); back+z.Offset(back) != wall || back > sec {
				t.Fatalf("%s at %s: wall clock goes back to %d, want %d", name, at, back, sec)
			}
		}
	}
}

// What one decoder has read before never shows in what it reads next.
func TestDecode_Independent(t *testing.T) {
	c := contract(t, "duty.step")
	msgs := []string{acceptMsg, stepMsg, chineseMsg, finishMsg, with(t, acceptMsg, "action", `"x"`), deleteMsg, anotherMode, suspendMsg}
	reused := decoder(t, "duty.step")
	for i := range 200 {
		msg := msgs[(i*i+i/3)%len(msgs)]
		var fresh, row record.Row
		a := decoder(t, "duty.step").Decode([]byte(msg), at, &fresh)
		b := reused.Decode([]byte(msg), at, &row)
		if (a == nil) != (b == nil) || a != nil && *a != *b {
			t.Fatalf("%v, fresh %v", b, a)
		}
		if a == nil && (!bytes.Equal(record.AppendJSON(nil, c, &row), record.AppendJSON(nil, c, &fresh)) || row.Quality != fresh.Quality) {
			t.Fatalf("%s differs after other messages", msg)
		}
	}
}

// An accepted message costs no allocation.
func TestDecode_Allocations(t *testing.T) {
	d := decoder(t, "duty.step")
	var row record.Row
	msgs := [][]byte{[]byte(acceptMsg), []byte(stepMsg), []byte(chineseMsg), []byte(finishMsg)}
	n := testing.AllocsPerRun(100, func() {
		for _, m := range msgs {
			if rej := d.Decode(m, at, &row); rej != nil {
				t.Fatal(rej)
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations in four messages", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	d := decoder(b, "duty.step")
	msgs := [][]byte{[]byte(acceptMsg), []byte(stepMsg), []byte(suspendMsg), []byte(finishMsg)}
	size := 0
	for _, m := range msgs {
		size += len(m)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size / len(msgs)))
	var row record.Row
	for i := 0; b.Loop(); i++ {
		if rej := d.Decode(msgs[i&3], at, &row); rej != nil {
			b.Fatal(rej)
		}
	}
}
