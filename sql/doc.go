// Package sql holds the SQL project: the models, views, checks, macros and metrics that turn the lake into the
// warehouse, and the seed data that they read. It contains no logic; transform runs it.
package sql
