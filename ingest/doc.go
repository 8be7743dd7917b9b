// Package ingest moves records from Kafka into the lake, each exactly once.
//
// An Ingester reads the partitions that a Source hands out, decodes their messages against the contracts of package
// record straight into Arrow columns, and commits batches of them to the lake together with how far it has come. What
// breaks its contract becomes a row of duty.rejects. The technology of Kafka is in package kafka; package broker is a
// broker inside the process; package load brings files the same way.
//
//	lake, err := warehouse.Create(ctx, lakeConfig, ingest.Tables())
//	src, err := kafka.Open(ctx, kafkaConfig, cfg.Topics.Names(), logger)
//	in := ingest.New(cfg, src, lake, ingest.Options{Logger: logger})
//	err = in.Run(ctx) // until ctx ends, or it has caught up if cfg.UntilCaughtUp
//
// It guarantees that each record of the topics is in the lake exactly once, as a row or as a reject, whatever crashes,
// and however many workers share the partitions or wrongly read the same ones; that offsets which cannot be read stop
// the run, or are a row of duty.rejects if the operator chose so; that memory stays within a budget however large the
// backlog is; and that Run, when it returns, leaves no goroutine behind and has said why.
//
// It does not deduplicate: a business event that was sent twice is two rows, and staging decides which counts. It does
// not order the lake by arrival. It does not retain what Kafka has dropped before it was read.
//
// DESIGN.md tells one record's way, the invariants and the numbers.
package ingest
