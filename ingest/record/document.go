package record

import (
	"fmt"
	"math"
	"strings"
)

// decisions is what the contracts leave open about JSON, numbers and times, and how it is decided. Each has a test.
var decisions = [][2]string{
	{"the message", "one JSON object in UTF-8, without byte order mark, nothing behind it but blanks; at most 64 levels deep"},
	{"schema", "`name.vMAJOR` or `name.vMAJOR.MINOR`; another type or major version rejects, a newer minor version is accepted and its new fields go to `ext`"},
	{"null", "missing, for any field"},
	{"empty string, empty array", "missing: accepted for an optional field, `missing_field` for a required one"},
	{"a field twice", "`duplicate_key`, also when written with escapes, when the first is null, or when an unknown field is in `ext` too"},
	{"unknown fields", "kept in `ext` with the JSON text of their value as it came; their order is kept"},
	{"`ext`", "an object; its values should be strings, any other JSON value is kept as it came, because unknown fields end there in the same way. With the unknown fields at most 64 KiB"},
	{"escapes", "resolved in known fields, including surrogate pairs; a lone surrogate anywhere is `bad_utf8`, because no text can hold it"},
	{"lengths", "in code points (characters), after escapes are resolved"},
	{"blanks in values", "kept; a code with a blank at its end is another code"},
	{"codes", "exactly as listed, in small letters; any other is `unknown_code`"},
	{"set of enum", "array of strings; order and repetition say nothing; stored in the order of the list, joined by commas"},
	{"region", "a string; a JSON number is `wrong_type`, because zeros at its front would be lost. 6 or 9 digits are padded with zeros to 12, anything else is kept"},
	{"numbers", "JSON numbers, or strings that hold one in JSON's grammar: `\"7\"` yes, `\"007\"`, `\"+7\"`, `\" 7\"` and `\"7,000\"` no"},
	{"int", "exponents and zeros behind the point are accepted (`1.2e1` is 12); a fraction is `bad_number`; `-0` is 0"},
	{"decimal", "decimal(18,3), exact; a fourth decimal other than zero is `bad_number`"},
	{"bool", "`true` or `false`, no text and no number"},
	{"time", "RFC 3339: `2026-02-12T09:05:00+08:00`. A blank or `t` for `T` and `z` for `Z` are accepted; the offset is `Z` or `±HH:MM` up to 14:00"},
	{"digits of a second", "any number; finer than a microsecond are cut off, not rounded"},
	{"leap second", "`:60` only at 23:59:60 UTC at the end of a month, without digits behind it; it becomes 00:00:00 of the next day"},
	{"24:00, 30 February", "`bad_time`"},
	{"time without offset", "`bad_time`, unless the operator allows it (`naive_times`): then it is read in the business zone. A reading that occurs twice is the first; one that is skipped is read by the offset before the change"},
	{"date", "`YYYY-MM-DD` and nothing more"},
	{"range of `event_time`", "from 1990-01-01 in the business zone to 48 hours after the Kafka timestamp; both limits can be set. A message without Kafka timestamp has no upper limit but that of other times. The date field that partitions the table follows the same limits"},
	{"Kafka timestamp", "milliseconds. A negative one, and one from 2200 on (a producer that counts in microseconds or nanoseconds), is as good as none: `_kafka_ts` is then 1970-01-01T00:00:00Z, as it is in the row of an `offset_gap`"},
	{"range of other times and dates", "1900-01-01 to 2199-12-31: `9999-12-31` for never and `0001-01-01` for unknown reject; send null"},
	{"`op` = delete", "needs only schema, event_id, event_time, source and the entity id; whatever else it holds must be valid; cross-field rules do not apply. Without the date field it is filed under the date of event_time"},
	{"defaults", "not filled in: what a message lacks is null in the lake, and the models know what null means"},
	{"pseudonyms", "a value with Chinese characters, a valid 18-digit or any 15-digit ID number, or a mainland mobile number (with or without country code, blanks, hyphens) is `personal_data`, unless the operator allows it"},
}

// Document returns docs/records.md: everything that the declarations say.
func Document() []byte {
	var b strings.Builder
	b.WriteString(`# Records

<!-- Written from the declarations in ingest/record. Do not edit: go test ./ingest/record -update -->

What Dutyflow accepts from Kafka and from files: one JSON object per message. The topic, the table of the lake and the
record type share their name. Whether a message is accepted depends on its bytes, its Kafka timestamp, the
settings named below and the version of the contract, and on nothing else; what is not accepted is kept in
` + "`duty.rejects`" + ` with its reason.

Required: **R** in every message; **D** in every message, deletes included.

`)
	b.WriteString("## Envelope\n\nThese fields come first in every record type.\n\n")
	writeFields(&b, envelope, func(name string) bool {
		for _, id := range identity {
			if id == name {
				return true
			}
		}
		return false
	})
	b.WriteString("| `ext` | object | | | 其他字段，原样保留 | anything else, kept as it came |\n")
	writeCodes(&b, envelope)
	for _, c := range Contracts() {
		writeContract(&b, c)
	}
	b.WriteString("\n## Why a message is rejected\n\nIn this order: the first that holds is the reason.\n\n| reason | 含义 | meaning |\n| --- | --- | --- |\n")
	for _, r := range Reasons() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Reason, r.ZH, r.EN)
	}
	b.WriteString("\nFrom `duplicate_key` to `personal_data` the first field in the message that is wrong decides.\n")
	b.WriteString("\n## Decisions\n\n| about | decision |\n| --- | --- |\n")
	for _, d := range decisions {
		fmt.Fprintf(&b, "| %s | %s |\n", d[0], d[1])
	}
	b.WriteString("\n## Quality flags\n\n`_quality` is the sum of these.\n\n| bit | meaning |\n| --- | --- |\n")
	for i, text := range []string{
		"unknown fields, kept in `ext`", "schema of a newer minor version", "a time without offset, read in the business zone",
		"a number that came as a string", "a time finer than a microsecond, cut off",
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", 1<<i, text)
	}
	return []byte(b.String())
}

func writeContract(b *strings.Builder, c *Contract) {
	fmt.Fprintf(b, "\n## %s: %s (%s)\n\n", c.Name, c.EN, c.ZH)
	fmt.Fprintf(b, "Schema `%s`, contract %s. Entity and message key: `%s`. Partitioned by the month of `%s`.\n\n", c.Schema(), c.Version(), c.EntityID, c.EventDate)
	own := c.Fields[len(envelope):]
	writeFields(b, own, c.IsIdentity)
	writeCodes(b, own)
	b.WriteString("\nRules across fields:\n\n")
	for _, r := range c.Rules {
		fmt.Fprintf(b, "- %s (`%s` of `%s`). %s。\n", r.EN, r.Reason, r.Field, r.ZH)
	}
}

func writeFields(b *strings.Builder, fields []Field, always func(string) bool) {
	b.WriteString("| field | kind | | limits | 含义 | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for i := range fields {
		f := &fields[i]
		required := ""
		if always(f.Name) {
			required = "D"
		} else if f.Required {
			required = "R"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", f.Name, f.Kind, required, limits(f), f.ZH, f.EN)
	}
}

func limits(f *Field) string {
	switch f.Kind {
	case String, Region:
		return fmt.Sprintf("≤ %d characters", f.MaxLen)
	case Int:
		if f.Min == math.MinInt64 {
			return "64 bits"
		}
		return fmt.Sprintf("%d to %d", f.Min, f.Max)
	case Decimal:
		if f.Max == 0 {
			return "≥ " + string(appendDecimal(nil, f.Min))
		}
		return string(appendDecimal(nil, f.Min)) + " to " + string(appendDecimal(nil, f.Max))
	case Enum, EnumSet:
		return "see below"
	}
	return ""
}

func writeCodes(b *strings.Builder, fields []Field) {
	b.WriteString("\n| field | code | 名称 | label |\n| --- | --- | --- | --- |\n")
	for i := range fields {
		for _, code := range fields[i].Codes {
			fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", fields[i].Name, code.Code, code.ZH, code.EN)
		}
	}
}
