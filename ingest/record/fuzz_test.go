package record_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dutyflow/dutyflow/ingest/record"
)

// Whatever the bytes, Decode agrees with encoding/json: what it accepts is a JSON object with the same values, what it
// calls not JSON is none, and encoding what it accepted gives it again.
func FuzzDecode(f *testing.F) {
	for _, msg := range []string{acceptMsg, stepMsg, suspendMsg, finishMsg, workMsg, deleteMsg, chineseMsg, anotherMode,
		with(f, acceptMsg, "rev", `1e2`, "seq", `"-7"`, "promised_limit", `12.50`, "ext", `{"a":null,"b":{"c":[]}}`, "x", `-0.5E-3`),
		with(f, acceptMsg, "case_id", `"a\\\"\/\b\f\n\r\t\u0000\u001f\u00e9b"`)} {
		f.Add([]byte(msg), true)
		f.Add([]byte(msg), false)
	}
	c, _ := record.Lookup("duty.step")
	w, _ := record.Lookup("duty.work")
	f.Fuzz(func(t *testing.T, b []byte, isStep bool) {
		contract := c
		if !isStep {
			contract = w
		}
		d := record.NewDecoder(contract, record.DefaultOptions())
		var row record.Row
		rej := d.Decode(b, at, &row)
		if rej != nil {
			valid := json.Valid(b)
			switch rej.Reason {
			case record.NotJSON:
				if valid {
					t.Fatalf("%v, but it is JSON", rej)
				}
			case record.NullValue, record.BadUTF8, record.TooDeep:
			default:
				if !valid {
					t.Fatalf("%v, but it is not JSON", rej)
				}
			}
			for _, s := range []string{rej.Schema, rej.Source, rej.EventID, rej.EntityID, rej.Field, rej.Detail} {
				if !utf8.ValidString(s) {
					t.Fatalf("reject holds %q", s)
				}
			}
			return
		}
		checkAgainstJSON(t, contract, b, &row)

		encoded := record.AppendJSON(nil, contract, &row)
		var again record.Row
		if rej := record.NewDecoder(contract, record.DefaultOptions()).Decode(encoded, at, &again); rej != nil {
			t.Fatalf("%s\nencoded as %s: %v", b, encoded, rej)
		}
		for i := range row.Values {
			x, y := row.Values[i], again.Values[i]
			if x.Set != y.Set || x.I != y.I || !bytes.Equal(x.S, y.S) {
				t.Fatalf("%s: %v, again %v\n%s", contract.Fields[i].Name, x, y, encoded)
			}
		}
		if !bytes.Equal(row.Ext, again.Ext) || row.EventDate != again.EventDate {
			t.Fatalf("ext %s, again %s", row.Ext, again.Ext)
		}
	})
}

func checkAgainstJSON(t *testing.T, c *record.Contract, b []byte, row *record.Row) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		t.Fatalf("accepted, encoding/json says %v", err)
	}
	ext := map[string]json.RawMessage{}
	if raw, there := members["ext"]; there {
		if err := json.Unmarshal(raw, &ext); err != nil {
			t.Fatal(err)
		}
		if ext == nil {
			ext = map[string]json.RawMessage{}
		}
		delete(members, "ext")
	}
	for i, f := range c.Fields {
		checkValue(t, &f, members[f.Name], row.Values[i])
		delete(members, f.Name)
	}
	for k, v := range members {
		ext[k] = v
	}
	var kept map[string]json.RawMessage
	if row.Ext != nil {
		if err := json.Unmarshal(row.Ext, &kept); err != nil {
			t.Fatalf("ext %s: %v", row.Ext, err)
		}
	}
	if len(kept) != len(ext) {
		t.Fatalf("ext %s, want %d members", row.Ext, len(ext))
	}
	for k, v := range ext {
		if !bytes.Equal(kept[k], v) {
			t.Fatalf("ext member %q is %s, want %s", k, kept[k], v)
		}
	}
}

func checkValue(t *testing.T, f *record.Field, raw json.RawMessage, v record.Value) {
	t.Helper()
	var any any
	if len(raw) > 0 {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&any); err != nil {
			t.Fatal(err)
		}
	}
	text, isText := any.(string)
	list, isList := any.([]interface{})
	if any == nil || isText && text == "" || isList && len(list) == 0 {
		if v.Set {
			t.Fatalf("%s has a value, the message none", f.Name)
		}
		return
	}
	if !v.Set {
		t.Fatalf("%s has no value, the message has %s", f.Name, raw)
	}
	switch f.Kind {
	case record.String, record.Enum:
		if string(v.S) != text {
			t.Fatalf("%s is %q, want %q", f.Name, v.S, text)
		}
	case record.Region:
		if !strings.HasPrefix(string(v.S), text) || strings.Trim(string(v.S[len(text):]), "0") != "" {
			t.Fatalf("%s is %q, want %q", f.Name, v.S, text)
		}
	case record.EnumSet:
		for _, code := range list {
			if !strings.Contains(","+string(v.S)+",", ","+code.(string)+",") {
				t.Fatalf("%s is %q, want %v", f.Name, v.S, list)
			}
		}
	case record.Int, record.Decimal:
		if n, ok := any.(json.Number); ok {
			text = string(n)
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%s accepted %q", f.Name, text)
		}
		have := new(big.Rat).SetInt64(v.I)
		if f.Kind == record.Decimal {
			have.SetFrac64(v.I, 1000)
		}
		if have.Cmp(want) != 0 {
			t.Fatalf("%s is %v, want %v", f.Name, have, want)
		}
	case record.Bool:
		if any.(bool) != (v.I == 1) {
			t.Fatalf("%s is %d, want %v", f.Name, v.I, any)
		}
	case record.Time:
		if strings.Contains(text, ":60") {
			return // a leap second, which package time does not know
		}
		want, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text[:10]+"T"+text[11:]))
		if err != nil || want.UnixMicro() != v.I {
			t.Fatalf("%s is %s, want %s %v", f.Name, time.UnixMicro(v.I).UTC(), want, err)
		}
	case record.Date:
		want, err := time.Parse(time.DateOnly, text)
		if err != nil || want.Unix() != v.I*86400 {
			t.Fatalf("%s is %d, want %s %v", f.Name, v.I, want, err)
		}
	}
}
