// Package kafka is the Kafka client behind ingest.Source.
//
//	src, err := kafka.Open(ctx, cfg, []string{"duty.step"}, logger)
//	...
//	defer src.Close()
//
// It uses segmentio/kafka-go for connections, logins, routing to the leaders and the consumer group protocol, and reads
// the answers to its fetches itself: batch.go, because Reader and Client.Fetch hide what is needed to be exact, see
// DESIGN.md of package ingest.
//
// It guarantees that a record is delivered once per pass, in offset order, only if its transaction was committed and
// its batch's checksum was right, and that no record is passed over: offsets without a record are stepped over only
// where a batch says that it covers them; lost offsets are an error, or a Gap when the operator chose so. No batch is
// unpacked to more than kafka.batch_max_bytes.
//
// It does not remember anything: where to start is the caller's business, and group offsets are only told to the
// group.
package kafka
