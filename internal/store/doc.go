// Package store keeps the record: executions and their journals, the versions
// of flows, tokens.
package store
