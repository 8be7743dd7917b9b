package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// maxExt bounds Row.Ext: it is a place for what the contract forgot, not for documents.
const maxExt = 64 << 10

// maxShownKey bounds Reject.Field, in code points, where the sender chose the name: it may be as long as the message.
const maxShownKey = 128

// Decoder decodes messages of one contract. It is not safe for concurrent use.
type Decoder struct {
	contract *Contract
	options  Options
	zone     *Zone
	fields   []fieldDecoder
	index    map[string]int // by name; ext is behind the last field
	names    names          // the same, for messages
	follow   [][2]int16     // follow[f+1]: the two fields that came after f last, the first guesses for the next time
	rules    []ruleMask
	required fieldSet
	deleted  fieldSet // what a delete needs
	schema   []byte
	minTime  int64 // microseconds

	iEvent, iEventDate, iOp, iDelete int

	// Of the message in hand.
	maxTime int64    // microseconds
	seen    fieldSet // keys
	present fieldSet // fields with a value
	text    []byte   // unescaped strings, joined sets, padded regions: values point into it
	ext     []byte
	extKeys [][]byte
	extMap  map[string]struct{}
	fault   fault
}

// fieldSet is a set of fields by index.
type fieldSet [4]uint64

func (s *fieldSet) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s *fieldSet) has(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }
func (s *fieldSet) covers(o *fieldSet) bool {
	return s[0]&o[0] == o[0] && s[1]&o[1] == o[1] && s[2]&o[2] == o[2] && s[3]&o[3] == o[3]
}
func (s *fieldSet) meets(o *fieldSet) bool {
	return s[0]&o[0]|s[1]&o[1]|s[2]&o[2]|s[3]&o[3] != 0
}

// fieldDecoder is a field as the decoder needs it. What it looks at for each message comes first and lies together.
type fieldDecoder struct {
	label      []byte // the name as it stands in most messages, with its quotes and the colon
	head, tail uint64 // the first and the last eight bytes of label, if it has as many
	kind       Kind
	pseudonym  bool
	maxLen     int
	min        int64
	*Field
	codes   [][]byte
	codeOf  map[string]int
	codeLen [][]uint8 // the codes of each length: they are so few that comparing is cheaper than hashing
	max     int64
}

type ruleMask struct {
	rule  *Rule
	ifAt  int // -1: always
	codes uint64
	need  fieldSet
}

// fault is the first thing found wrong, before anything is made of it.
type fault struct {
	reason Reason
	field  int // -1: none
	key    string
	detail string
}

// NewDecoder prepares a decoder. It panics on a declaration that contradicts itself: that is a mistake in the program.
func NewDecoder(c *Contract, o Options) *Decoder {
	d := &Decoder{
		contract: c, options: o, zone: NewZone(o.Zone),
		fields: make([]fieldDecoder, len(c.Fields)),
		index:  make(map[string]int, len(c.Fields)+1),
		follow: make([][2]int16, len(c.Fields)+2),
		schema: []byte(c.Schema()), minTime: o.MinTime.UnixMicro(),
		iEvent: c.Index("event_time"), iEventDate: c.Index(c.EventDate), iOp: c.Index("op"),
	}
	if len(c.Fields)+1 >= 64*len(fieldSet{}) {
		panic("record: too many fields in " + c.Name)
	}
	for i := range c.Fields {
		d.fields[i] = newFieldDecoder(&c.Fields[i])
		if _, twice := d.index[c.Fields[i].Name]; twice {
			panic("record: field declared twice: " + c.Name + "." + c.Fields[i].Name)
		}
		d.index[c.Fields[i].Name] = i
		d.names.add(c.Fields[i].Name)
		d.follow[i] = [2]int16{int16(i), int16(i)}
		if c.Fields[i].Required {
			d.required.add(i)
		}
		if c.IsIdentity(c.Fields[i].Name) {
			d.deleted.add(i)
		}
	}
	d.index["ext"] = len(c.Fields)
	d.names.add("ext")
	d.iDelete = d.fields[d.iOp].codeOf["delete"]
	for i := range c.Rules {
		d.rules = append(d.rules, d.newRuleMask(&c.Rules[i]))
	}
	return d
}

func newFieldDecoder(f *Field) fieldDecoder {
	fd := fieldDecoder{
		Field: f, label: []byte(`"` + f.Name + `":`), kind: f.Kind, pseudonym: f.Pseudonym, maxLen: f.MaxLen, min: f.Min, max: f.Max,
		codeOf: map[string]int{},
	}
	if n := len(fd.label); n >= 8 {
		fd.head, fd.tail = binary.LittleEndian.Uint64(fd.label), binary.LittleEndian.Uint64(fd.label[n-8:])
	}
	if f.Kind == Decimal && f.Max == 0 {
		fd.max = maxDecimal - 1
	}
	for i, c := range f.Codes {
		fd.codes = append(fd.codes, []byte(c.Code))
		fd.codeOf[c.Code] = i
		for len(fd.codeLen) <= len(c.Code) {
			fd.codeLen = append(fd.codeLen, nil)
		}
		fd.codeLen[len(c.Code)] = append(fd.codeLen[len(c.Code)], uint8(i))
	}
	if len(f.Codes) > 64 {
		panic("record: more than 64 codes in " + f.Name)
	}
	return fd
}

func (d *Decoder) newRuleMask(r *Rule) ruleMask {
	m := ruleMask{rule: r, ifAt: -1}
	if r.If != "" {
		m.ifAt = d.index[r.If]
		for _, code := range r.In {
			m.codes |= 1 << d.fields[m.ifAt].codeOf[code]
		}
	}
	for _, name := range r.Need {
		m.need.add(d.index[name])
	}
	return m
}

// Decode reads one message into row. It returns nil when the message is accepted, and then row, which may point into
// value, is valid until it is decoded into again. kafkaMillis is the message's timestamp, as KafkaTime takes it.
func (d *Decoder) Decode(value []byte, kafkaMillis int64, row *Row) *Reject {
	d.begin(kafkaMillis, row)
	ok := d.read(value, row) && d.complete(row)
	row.Present, row.text, row.ext = d.present, d.text, d.ext
	if ok {
		return nil
	}
	return d.explain(value)
}

func (d *Decoder) begin(kafkaMillis int64, row *Row) {
	switch {
	case len(row.Values) != len(d.fields):
		row.Values = make([]Value, len(d.fields))
	case row.by == d:
		// Most fields of most messages are missing: only what the last one set is cleared.
		for i, present := range row.Present {
			for ; present != 0; present &= present - 1 {
				row.Values[i<<6|bits.TrailingZeros64(present)] = Value{}
			}
		}
	default:
		clear(row.Values)
	}
	row.by = d
	row.Ext, row.EventDate, row.Quality = nil, 0, 0
	d.seen, d.present = fieldSet{}, fieldSet{}
	d.text, d.ext, d.extKeys = row.text[:0], row.ext[:0], d.extKeys[:0]
	d.extMap = nil
	d.fault = fault{}
	d.maxTime = latest - 1
	if kafka, known := KafkaTime(kafkaMillis); known {
		d.maxTime = min(d.maxTime, kafka+d.options.MaxAhead.Microseconds())
	}
}

// KafkaTime converts the timestamp of a message to microseconds. It is not known, and 0, when the message has none, which
// is a negative one, and when it lies behind every time that a column takes: a producer that counts in microseconds or
// nanoseconds means some other time, and nobody knows which.
func KafkaTime(millis int64) (micros int64, known bool) {
	if millis < 0 || millis >= latest/1000 {
		return 0, false
	}
	return millis * 1000, true
}

func (d *Decoder) fail(reason Reason, field int, detail string) bool {
	d.fault = fault{reason: reason, field: field, detail: detail}
	return false
}

// read scans the whole message. Its reports of what is not JSON are without detail: explain looks again.
func (d *Decoder) read(b []byte, row *Row) bool {
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return d.fail(NotObject, -1, "")
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return d.end(b, i+1)
	}
	for prev := -1; ; {
		key, f, after := d.key(b, i, prev)
		if after < 0 {
			return false
		}
		if i = skipSpace(b, after); i == len(b) {
			return d.fail(NotJSON, -1, "")
		}
		switch {
		case f < 0:
			row.Quality |= UnknownFields
			i = d.extMember(b, key, i)
		case d.seen.has(f):
			return d.fail(DuplicateKey, f, "occurs twice")
		case f == len(d.fields):
			d.seen.add(f)
			i = d.extObject(b, i)
		default:
			d.seen.add(f)
			prev = f
			i = d.value(b, i, f, row)
		}
		if i < 0 {
			return false
		}
		if i = skipSpace(b, i); i == len(b) {
			return d.fail(NotJSON, -1, "")
		}
		if b[i] == '}' {
			if !d.end(b, i+1) {
				return false
			}
			break
		}
		if b[i] != ',' {
			return d.fail(NotJSON, -1, "")
		}
		i = skipSpace(b, i+1)
	}
	if len(d.ext) > 0 {
		d.ext = append(d.ext, '}')
		if len(d.ext) > maxExt {
			return d.fail(ExtTooLarge, -1, fmt.Sprintf("ext with the unknown fields exceeds %d bytes", maxExt))
		}
		row.Ext = d.ext
	}
	return true
}

// end accepts nothing but white space behind the object.
func (d *Decoder) end(b []byte, i int) bool {
	return skipSpace(b, i) == len(b) || d.fail(NotJSON, -1, "")
}

// key reads the key at b[i] and the colon behind it: the raw text with quotes, its field (len(fields) for ext, -1 for
// an unknown one) and where it ends, or an end of -1.
func (d *Decoder) key(b []byte, i, prev int) (raw []byte, f, end int) {
	// Senders keep to an order per kind of message: one of the two fields that followed last is right almost always. The
	// name is compared with its quotes, so a longer key cannot match.
	guess := &d.follow[prev+1]
	if g := guess[0]; d.fields[g].at(b, i) {
		return nil, int(g), i + len(d.fields[g].label)
	}
	if g := guess[1]; d.fields[g].at(b, i) {
		return nil, int(g), i + len(d.fields[g].label)
	}
	if i == len(b) || b[i] != '"' {
		return nil, 0, d.badEnd(NotJSON)
	}
	end, state := validEnd(b, i+1)
	switch state {
	case scanBad:
		return nil, 0, d.badEnd(NotJSON)
	case scanLone:
		return nil, 0, d.badEnd(BadUTF8)
	}
	name := b[i+1 : end]
	if state == scanEscaped {
		name = d.unescaped(name)
	}
	f = d.names.find(name)
	if f >= 0 && f < len(d.fields) {
		guess[0], guess[1] = int16(f), guess[0]
	}
	colon := skipSpace(b, end+1)
	if colon == len(b) || b[colon] != ':' {
		return nil, 0, d.badEnd(NotJSON)
	}
	return b[i : end+1], f, colon + 1
}

// at says whether the label of the field stands at b[i].
func (fd *fieldDecoder) at(b []byte, i int) bool {
	n := len(fd.label)
	if len(b)-i < n {
		return false
	}
	if n < 8 {
		return string(b[i:i+n]) == string(fd.label)
	}
	return binary.LittleEndian.Uint64(b[i:]) == fd.head && binary.LittleEndian.Uint64(b[i+n-8:]) == fd.tail &&
		(n <= 16 || string(b[i+8:i+n-8]) == string(fd.label[8:n-8]))
}

// names finds fields by name. Names are few and known before, so that two of their bytes and their length tell most
// apart; a map of Go's hashes all of a name.
type names struct {
	slots [256]int16 // field + 1
	names []string
}

func (t *names) add(name string) {
	at := place([]byte(name))
	for t.slots[at] != 0 {
		at++
	}
	t.names = append(t.names, name)
	t.slots[at] = int16(len(t.names))
}

// find returns the number of a name in order of addition, or -1.
func (t *names) find(name []byte) int {
	for at := place(name); t.slots[at] != 0; at++ {
		if f := int(t.slots[at]) - 1; t.names[f] == string(name) {
			return f
		}
	}
	return -1
}

func place(name []byte) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return name[0]*31 + name[n/2]*17 + name[n-1]*7 + uint8(n)*59
}

func (d *Decoder) badEnd(reason Reason) int {
	d.fail(reason, -1, "")
	return -1
}

func (d *Decoder) unescaped(s []byte) []byte {
	from := len(d.text)
	d.text = unescape(d.text, s)
	return d.text[from:len(d.text):len(d.text)]
}

// extMember puts one member into Ext, its value verbatim, and returns where the value ends, or -1.
func (d *Decoder) extMember(b, rawKey []byte, i int) int {
	end, state := skipValue(b, i, 1)
	switch state {
	case scanBad:
		return d.badEnd(NotJSON)
	case scanDeep:
		return d.badEnd(TooDeep)
	case scanLone:
		return d.badEnd(BadUTF8)
	}
	if !utf8.Valid(b[i:end]) {
		return d.badEnd(BadUTF8)
	}
	key := rawKey[1 : len(rawKey)-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		key = d.unescaped(key)
	}
	if d.knownExtKey(key) {
		name := string(cut(key, maxShownKey))
		d.fault = fault{reason: DuplicateKey, field: -1, key: name, detail: "occurs twice among ext and the unknown fields"}
		return -1
	}
	sep := byte(',')
	if len(d.ext) == 0 {
		sep = '{'
	}
	if len(d.ext) <= maxExt { // beyond it the message is rejected anyway
		d.ext = append(d.ext, sep)
		d.ext = append(d.ext, rawKey...)
		d.ext = append(d.ext, ':')
		d.ext = append(d.ext, b[i:end]...)
	}
	return end
}

// knownExtKey notes a key and reports whether it was there. A JSON text with a key twice means something else to each reader.
func (d *Decoder) knownExtKey(key []byte) bool {
	const few = 24 // up to here comparing is cheaper than hashing
	if len(d.extKeys) < few {
		for _, k := range d.extKeys {
			if bytes.Equal(k, key) {
				return true
			}
		}
		d.extKeys = append(d.extKeys, key)
		return false
	}
	if d.extMap == nil {
		d.extMap = make(map[string]struct{}, 2*few)
		for _, k := range d.extKeys {
			d.extMap[string(k)] = struct{}{}
		}
	}
	if _, there := d.extMap[string(key)]; there {
		return true
	}
	d.extMap[string(key)] = struct{}{}
	return false
}

// extObject reads the value of the field ext, an object or null, and returns where it ends, or -1.
func (d *Decoder) extObject(b []byte, i int) int {
	if hasLiteral(b, i, "null") {
		return i + 4
	}
	if b[i] != '{' {
		d.fault = fault{reason: WrongType, field: -1, key: "ext", detail: "must be an object"}
		return -1
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i == len(b) || b[i] != '"' {
			return d.badEnd(NotJSON)
		}
		end, state := validEnd(b, i+1)
		switch state {
		case scanBad:
			return d.badEnd(NotJSON)
		case scanLone:
			return d.badEnd(BadUTF8)
		}
		key := b[i : end+1]
		if i = skipSpace(b, end+1); i == len(b) || b[i] != ':' {
			return d.badEnd(NotJSON)
		}
		if i = d.extMember(b, key, skipSpace(b, i+1)); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i == len(b) {
			return d.badEnd(NotJSON)
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = skipSpace(b, i+1)
		default:
			return d.badEnd(NotJSON)
		}
	}
}

// complete checks what only the whole message can tell, and fills in what follows from it.
func (d *Decoder) complete(row *Row) bool {
	isDelete := d.present.has(d.iOp) && row.Values[d.iOp].I == int64(d.iDelete)
	required := &d.required
	if isDelete {
		required = &d.deleted
	}
	if !d.present.covers(required) {
		for f := range d.fields {
			if required.has(f) && !d.present.has(f) {
				detail := "is missing"
				if d.seen.has(f) {
					detail = "is empty"
				}
				return d.fail(MissingField, f, detail)
			}
		}
	}
	if !isDelete {
		for i := range d.rules {
			m := &d.rules[i]
			if m.ifAt >= 0 && (!d.present.has(m.ifAt) || m.codes>>row.Values[m.ifAt].I&1 == 0) {
				continue
			}
			if !d.present.meets(&m.need) {
				return d.fail(m.rule.Reason, d.index[m.rule.Field], m.rule.EN)
			}
		}
	}
	row.EventDate = d.eventDate(row)
	return true
}

// eventDate is the local date of the record. A delete may lack the date field; it then takes the date of its event time.
func (d *Decoder) eventDate(row *Row) int32 {
	v := &row.Values[d.iEventDate]
	if v.Set && d.fields[d.iEventDate].kind == Date {
		return int32(v.I)
	}
	return d.zone.LocalDate(row.Values[d.iEvent].I)
}

// inTime checks a time against the limits of its field.
func (d *Decoder) inTime(f int, micros int64) bool {
	lo, hi := earliest, latest-1
	if f == d.iEvent {
		lo, hi = d.minTime, d.maxTime
	}
	return micros >= lo && micros <= hi ||
		d.fail(TimeOutOfRange, f, fmt.Sprintf("must be between %s and %s", formatMicros(lo), formatMicros(hi)))
}

// inDate checks a date against the limits of its field; the date that partitions the lake follows those of event times.
func (d *Decoder) inDate(f int, days int32) bool {
	lo, hi := int32(earliest/microsPerDay), int32(latest/microsPerDay-1)
	if f == d.iEventDate {
		lo, hi = d.zone.LocalDate(d.minTime), d.zone.LocalDate(d.maxTime)
	}
	return days >= lo && days <= hi ||
		d.fail(TimeOutOfRange, f, fmt.Sprintf("must be between %s and %s", appendDate(nil, lo), appendDate(nil, hi)))
}

func formatMicros(micros int64) string { return string(appendTime(nil, micros)) }
