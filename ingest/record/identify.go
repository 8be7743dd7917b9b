package record

import "strings"

// Identify tells the contract of a message that is not decoded yet from its schema, whatever its version. It is for
// those who route messages; a message that it cannot tell is still a message.
func Identify(value []byte) (*Contract, bool) {
	schema, ok := topLevel(value, "schema")
	if !ok {
		return nil, false
	}
	name, _, ok := strings.Cut(string(schema), ".v")
	if !ok {
		return nil, false
	}
	return Lookup(name)
}

// EntityID reads the entity id out of a message that is not decoded yet, nil when it has none that can be read.
func EntityID(value []byte, c *Contract) []byte {
	id, _ := topLevel(value, c.EntityID)
	return id
}

// topLevel finds a string member of an object without checking what is behind it.
func topLevel(b []byte, name string) ([]byte, bool) {
	i := skipSpace(b, 0)
	if i == len(b) || b[i] != '{' {
		return nil, false
	}
	i = skipSpace(b, i+1)
	for i < len(b) && b[i] == '"' {
		end, state := stringEnd(b, i+1)
		if state >= scanBad {
			return nil, false
		}
		key := b[i+1 : end]
		if i = skipSpace(b, end+1); i == len(b) || b[i] != ':' {
			return nil, false
		}
		from := skipSpace(b, i+1)
		if end, state = skipValue(b, from, 1); state >= scanBad {
			return nil, false
		}
		if string(key) == name {
			if b[from] != '"' || state == scanLone {
				return nil, false
			}
			if state == scanEscaped {
				return unescape(nil, b[from+1:end-1]), true
			}
			return b[from+1 : end-1], true
		}
		if i = skipSpace(b, end); i == len(b) || b[i] != ',' {
			return nil, false
		}
		i = skipSpace(b, i+1)
	}
	return nil, false
}
