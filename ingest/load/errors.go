package load

import "errors"

var (
	// ErrUnknownLoad says that no load has that id.
	ErrUnknownLoad = errors.New("no such load")
	// ErrAmbiguous says that the beginning of an id fits several loads.
	ErrAmbiguous = errors.New("several loads begin like that")
	// ErrNothingToDo says that the load is voided already, or is not.
	ErrNothingToDo = errors.New("nothing to do")
)
