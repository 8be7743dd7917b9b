// Package ingest brings Kafka records into the lake, each exactly once.
package ingest
