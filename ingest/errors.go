package ingest

import "errors"

// What can go wrong falls into three classes, by what is to be done.
//
//   - Retry: the broker, the network or the lake may answer later. These are plain errors; the ingester backs off and
//     asks again, and gives up only after Config.MaxFailures in a row, because a loader that fails forever in silence
//     is worse than one that stops.
//   - Reject: this one record is wrong and will be wrong tomorrow. It becomes a row of duty.rejects, never an error.
//   - Stop: going on would lose or double records, or cannot succeed without a person. These are marked with Stop.

// The reasons to stop. An error that wraps one of them also says which partition, which offset and what to do.
var (
	// ErrOffsetGone: the offset to read next is no longer on the broker, and the policy says fail.
	ErrOffsetGone = errors.New("offset is no longer on the broker")
	// ErrLogRewritten: what the broker holds is not what the ledger says was read: the topic was recreated, or its log
	// was cut.
	ErrLogRewritten = errors.New("the topic's log is not the one that was read before")
	// ErrOtherCluster: the brokers belong to another cluster than the one that the topic was read from before.
	ErrOtherCluster = errors.New("the brokers are another cluster")
	// ErrBadBatch: a record batch cannot be read, and every record behind it waits.
	ErrBadBatch = errors.New("record batch is unreadable")
	// ErrPoison: a record breaks its contract, and the topic's policy is PoisonFail.
	ErrPoison = errors.New("record breaks its contract")
	// ErrStalled: the broker says that there are more records and does not hand them out.
	ErrStalled = errors.New("no progress")
	// ErrNoBroker: no broker could be reached.
	ErrNoBroker = errors.New("no broker answers")
	// ErrTopicGone: the brokers know a partition no more that was read before. It heals, but not within the session: what
	// comes back under the same name is compared with the ledger before it is read.
	ErrTopicGone = errors.New("the brokers no longer know the topic")
	// ErrNoTopic: a topic does not exist or may not be read.
	ErrNoTopic = errors.New("no such topic")
	// ErrAuth: the broker refused the credentials or the operation.
	ErrAuth = errors.New("broker refuses access")
	// ErrFailing: an operation failed Config.MaxFailures times in a row.
	ErrFailing = errors.New("keeps going wrong")
	// ErrUnfinished: a stop was asked for, and Config.StopTimeout was over before all that was in hand was committed.
	ErrUnfinished = errors.New("stopped before everything in hand was committed")
	// ErrRivals: other workers keep moving the ledger of partitions that this one was given.
	ErrRivals = errors.New("other workers read the same partitions")
)

type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }
func (e *stopError) Unwrap() error { return e.err }

// Stop marks an error as one that asking again cannot heal.
func Stop(err error) error { return &stopError{err} }

// IsStop says whether the run must end because of err.
func IsStop(err error) bool {
	var s *stopError
	return errors.As(err, &s)
}
