// Package store keeps the record in one database: executions and their
// journals, the versions of flows, tokens, resources and the outbox of webhooks.
// It implements flowengine.Executions, flowengine.Versions, auth.Tokens and
// webhook.Outbox.
//
// Every write goes through one goroutine, the writer, which commits all ops that
// wait as one transaction (group commit): they share the cost of the disk. Reads
// use a pool of their own and never wait for a write.
//
// The prefix of a file says its part: commit_ the writer, execution_, journal_,
// outbox_ and version_ the tables of that name, read_ the pool, sqlite_ and postgres_
// a dialect: what differs between databases. The package knows neither HTTP nor how a
// flow runs.
package store
