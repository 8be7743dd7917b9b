package warehouse

// Faults breaks a lake on purpose at the points where in production a disk fails, a process dies or an answer is lost.
// Package warehousetest fills it; each function may be nil. An error makes the step fail.
type Faults struct {
	// Write is called before a data, manifest or metadata file is created.
	Write func(path string) error
	// Commit is called when every file of a commit is written and the catalog does not point there yet. An error is
	// what the next process sees after a crash; other writers may also be let in between.
	Commit func(table string) error
	// Answer is called when a commit has landed. An error is what a caller sees whose connection broke just then.
	Answer func(table string) error
}
