// Package record holds the contracts of the record types and decodes messages against them.
package record
