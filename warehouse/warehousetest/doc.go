// Package warehousetest gives tests a lake in a temporary directory that checks itself.
//
// Use: New(t, tables) creates the lake; Batch makes record batches from plain values; Rows reads a table back. Options
// break it on purpose: the nth write fails, an answer is lost after the commit landed, the process dies between data
// and metadata, another writer gets in between.
//
// It guarantees that when the test ends, however it ends, the whole lake has been verified and a lake that is unsound
// fails the test.
//
// It does not fake anything: files, catalog and protocol are the real ones.
package warehousetest
