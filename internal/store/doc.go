// Package store keeps the record in one database file: executions and their
// journals, the versions of flows, tokens. It implements flowengine.Record,
// flowengine.Versions, auth.Tokens and webhook.Outbox.
//
// Every write goes through one goroutine, the writer, which commits all that
// is waiting as one transaction: the cost of reaching the disk is shared by
// everybody who waits for it. Reads use a pool of their own and never wait for
// a write.
//
// The statements are written for two dialects; what differs between databases
// stands in dialect.go. The package knows neither HTTP nor how a flow runs.
//
// Read in this order: schema.go, store.go, writer.go, transaction.go, fold.go,
// connection.go, readconn.go, presence.go, execution.go, once.go, restart.go, retention.go, watch.go;
// snapshot.go, history.go, list.go and news.go, which read; version.go, versioncache.go,
// flowpage.go and draft.go;
// token.go; outbox.go, outbox_write.go, outbox_dead.go; dialect.go.
package store
