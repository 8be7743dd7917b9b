// Package kafka is the Kafka client behind ingest.Source.
//
//	src, err := kafka.Open(ctx, cfg, []string{"duty.step"}, logger)
//	...
//	defer src.Close()
//
// It uses the consumer group protocol of segmentio/kafka-go for who reads what, and its Client.Fetch for the records:
// not its Reader, which does not check CRCs, hands out transaction markers as messages and jumps over lost offsets
// without a word. What Client.Fetch still hides is dealt with here, see DESIGN.md of package ingest.
//
// It guarantees that a record is delivered once per pass, in offset order, only if its transaction was committed and
// its batch's CRC was right, and that no record is passed over: offsets without a record are stepped over only when the
// broker itself says what lies behind them; lost offsets are an error, or a Gap when the operator chose so.
//
// It does not remember anything: where to start is the caller's business, and group offsets are only told to the
// group. It cannot limit what a batch decompresses to before it has been decompressed: kafka-go does that inside. The
// broker's max.message.bytes and the producer's compression ratio are the limit; after the first response, fetches are
// sized by the ratio seen.
package kafka
