package store

import (
	"context"
	"database/sql"
)

// dialect is what differs between databases; each stands in the files of its
// prefix and is one line of Open. The statements elsewhere use nothing that one of
// them does not understand, with ? for parameters and the words in braces of
// schema.go.
//
// All methods but openReaders, close, fault, rebind and text are called
// by the writer alone.
type dialect interface {
	// prepare brings the schema up to date. It refuses a database of a newer
	// program, of another one and a damaged one, and leaves it as it is.
	prepare(ctx context.Context) error
	// openWriter opens the pool of the connection that writes.
	openWriter() (*sql.DB, error)
	// openReaders opens the pool that reads, which close closes.
	openReaders() (*sql.DB, error)
	// attach makes a new connection the one that writes. It reports whether the
	// last commit whose outcome was unknown came about.
	attach(ctx context.Context, conn *sql.Conn) (committed bool, err error)
	// writable returns why nothing can be promised now, although a connection is open.
	writable() error
	begin(t *transaction) error
	// commit returns errInDoubt if the commit may have come about or not.
	commit(t *transaction) error
	// committed is called after each commit.
	committed(conn *sql.Conn)
	// pipelined has statements whose result is not needed sent together, so that the
	// way to the database is gone once for all of them.
	pipelined() bool
	send(conn *sql.Conn, statements []statement) error
	// probe proves that the database can be written, and changes nothing that matters.
	probe(t *transaction) error

	// rebind puts the database's own placeholders for ?.
	rebind(statement string) string
	// text returns s as the database can keep it.
	text(s string) string
	// fault classifies an error of a statement.
	fault(err error) fault
	// journalJoin is what the event feed is read from: rows j of journal and, found by
	// their number alone, the executions e of each.
	journalJoin() string

	// isCopy reports whether the database is a copy of the one that was written.
	isCopy(ctx context.Context, q queries) (bool, error)
	// adopt is the statement by which a copy becomes an original.
	adopt() string

	close() error
}

// fault is the reach of an error.
type fault int

const (
	faultStatement  fault = iota // of one statement: the rest of the batch goes on
	faultBatch                   // of one statement, and the transaction is undone
	faultBusy                    // of the moment: the same connection may work later
	faultConnection              // of the connection: a new one may work later
)
