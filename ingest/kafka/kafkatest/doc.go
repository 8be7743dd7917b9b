// Package kafkatest starts a real Apache Kafka for tests: one node in KRaft mode, on loopback, with a listener for each
// way to log in.
//
//	b := kafkatest.Start(t, kafkatest.Options{})
//	b.CreateTopic(t, "duty.step", 4, nil)
//	... b.Addr ...
//	b.Kill(t); b.Restart(t)
//
// The tests that use it run when TEST_KAFKA is set, as `make test-kafka` does. The jars come through Maven once and stay
// in the user's cache directory. Without Java or Maven a test is skipped and says so; in CI that is a failure.
//
// It guarantees that a broker is ready when Start and Restart return, and gone, with its data, when the test has ended.
// It cannot move a leader: there is one node. The embedded cluster of franz-go does that.
package kafkatest
