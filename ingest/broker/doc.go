// Package broker is a Kafka broker inside the process.
//
// It is what `demo` and `load` speak to, and most tests: the records take the same way through the same protocol as
// they do in production, and no server is needed.
//
//	b, err := broker.Start(broker.Config{ClusterID: "load:3f2a", Topics: map[string]int32{"duty.step": 4}})
//	...
//	defer b.Close()
//	err = b.Produce(ctx, "duty.step", messages) // from one goroutine per topic
//	b.Trim("duty.step", map[int32]int64{0: 1200}) // what the ledger says is in the lake
//
// It guarantees that messages of a partition get consecutive offsets from 0 in the order in which they were given to
// Produce, so that producing the same messages again gives the same offsets; that no more than Config.MaxUnread bytes
// lie behind the ledger, because Produce waits; and that Close leaves no goroutine behind.
//
// It does not keep anything beyond its life, has one broker, and is no place for records that exist nowhere else.
package broker
