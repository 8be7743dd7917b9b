package city

import "bytes"

// spoil writes a broken form of a valid message to b: the ways in which real senders break the contract.
func spoil(b, value []byte, c *chance) []byte {
	switch c.below(10) {
	case 0: // cut off on the way
		return append(b, value[:len(value)/2]...)
	case 1: // a required field is missing
		return replace(b, value, `"event_id":"`, `"event_no":"`)
	case 2: // a type of record that does not exist
		return replace(b, value, `.v1"`, `.v9"`)
	case 3: // a time that does not exist
		return replaceTime(b, value, `2026-02-30T10:00:00+08:00`)
	case 4: // a clock that was never set
		return replaceTime(b, value, `1970-01-01T08:00:05+08:00`)
	case 5: // a time for people
		return replaceTime(b, value, `2026年3月2日9时`)
	case 6: // a code that is in no list
		if bytes.Contains(value, []byte(`"action":"`)) {
			return replace(b, value, `"action":"`, `"action":"x_`)
		}
		return replace(b, value, `"phase":"`, `"phase":"x_`)
	case 7: // a code as a number
		return append(append(append(b, value[:schemaLen]...), `"op":7,`...), value[schemaLen:]...)
	case 8: // half a character
		return replace(b, value, `"source":"`, "\"source\":\"\xe4\xb8")
	}
	// the same field twice
	return append(append(append(b, value[:schemaLen]...), `"event_id":"e0-0",`...), value[schemaLen:]...)
}

func replace(b, value []byte, old, with string) []byte {
	i := bytes.Index(value, []byte(old))
	b = append(b, value[:i]...)
	b = append(b, with...)
	return append(b, value[i+len(old):]...)
}

func replaceTime(b, value []byte, with string) []byte {
	const name = `"event_time":"`
	i := bytes.Index(value, []byte(name)) + len(name)
	b = append(b, value[:i]...)
	b = append(b, with...)
	return append(b, value[i+len("2026-02-12T09:05:00+08:00"):]...)
}
