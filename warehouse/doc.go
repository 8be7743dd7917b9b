// Package warehouse is the lake: Iceberg tables of Parquet files that ingest writes and transform reads.
package warehouse
