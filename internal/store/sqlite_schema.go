package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sqliteSchema leads from one schema version to the next: the first makes
// version 1 of an empty database. They are only ever added to. Times are
// microseconds since 1970 in UTC.
//
// executions.no counts executions in the order of acceptance: journals hang on
// it. A row of journal holds the events that one commit brought for one
// execution, as a JSON array; seq is that of the first, and no counts rows in
// the order of writing, so that a commit writes to few pages.
var sqliteSchema = [][]string{slices.Concat([]string{
	`CREATE TABLE schema_version (version {int} NOT NULL)`,
	`CREATE TABLE versions (
		id TEXT PRIMARY KEY,
		account TEXT NOT NULL,
		flow_id TEXT NOT NULL,
		number {int} NOT NULL,
		status TEXT NOT NULL,
		definition {bytes} NOT NULL,
		created_at {int} NOT NULL,
		published_at {int} NOT NULL,
		UNIQUE (account, flow_id, number))`,
	`CREATE TABLE executions (
		no {key},
		id TEXT NOT NULL UNIQUE,
		interaction_id TEXT NOT NULL,
		account TEXT NOT NULL,
		flow_id TEXT NOT NULL,
		version_id TEXT NOT NULL,
		arguments TEXT NOT NULL,
		accepted_at {int} NOT NULL,
		begun_at {int},
		ended_at {int},
		status TEXT NOT NULL,
		variables TEXT,
		error TEXT)`,
	`CREATE INDEX executions_open ON executions (no) WHERE ended_at IS NULL`,
	`CREATE INDEX executions_of_flow ON executions (account, flow_id, no)`,
	`CREATE TABLE journal (
		execution {int} NOT NULL,
		seq {int} NOT NULL,
		events TEXT NOT NULL,
		PRIMARY KEY (execution, seq)) {clustered}`,
}, tokenTables), idempotencyTable, {
	`ALTER TABLE executions ADD COLUMN start_at {int}`,
}, outboxTables, counterTable, {
	`CREATE TABLE feed (
		no {key},
		at {int} NOT NULL,
		parts TEXT NOT NULL)`,
	`CREATE INDEX feed_at ON feed (at)`,
}, {
	// Lists, reports and retention ask by account, and must not sort its history.
	`CREATE INDEX executions_of_account ON executions (account, no)`,
	`CREATE INDEX executions_ended ON executions (account, ended_at)`,
}, resourceTable, {
	`ALTER TABLE executions ADD COLUMN calling_hours TEXT`,
	`ALTER TABLE executions ADD COLUMN time_zone TEXT`,
}, reportJobTable, journalInOrder, {
	// Lists and reports follow the clock, along the first of these that serves;
	// those that have not ended are few, and asked for by themselves.
	`DROP INDEX executions_open`,
	`DROP INDEX executions_of_flow`,
	`DROP INDEX executions_of_account`,
	`DROP INDEX executions_ended`,
	`CREATE INDEX executions_open ON executions (account, ended_at, accepted_at) WHERE ended_at IS NULL`,
	`CREATE INDEX executions_of_flow ON executions (account, flow_id, accepted_at)`,
	`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
}, aliasTable, {
	// A list of executions that went wrong has few of many. Of two indexes that look
	// alike SQLite takes the older one.
	`DROP INDEX executions_of_account`,
	`CREATE INDEX executions_astray ON executions (account, status, accepted_at) WHERE status IN ('failed', 'cancelled', 'interrupted')`,
	`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
}, {
	// A list of values is made anew for each change of a row, which costs more
	// than the change.
	`DROP INDEX executions_of_account`,
	`DROP INDEX executions_astray`,
	`CREATE INDEX executions_astray ON executions (account, status, accepted_at) WHERE ` + unsuccessful,
	`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
}, {
	// A draft that cannot be read is called as the version before it.
	`ALTER TABLE versions ADD COLUMN name TEXT`,
	`ALTER TABLE versions ADD COLUMN description TEXT`,
}, {
	// The keys that the writer gives are handed out by the database.
	`CREATE TABLE numbers (name TEXT PRIMARY KEY, next {int} NOT NULL) {clustered}`,
	`INSERT INTO numbers SELECT 'executions', coalesce(max(no), 0) + 1 FROM executions`,
	`INSERT INTO numbers SELECT 'journal', coalesce(max(no), 0) + 1 FROM journal`,
}}

// journalInOrder has the rows of journal stand in the order of writing, so that
// the rows of one commit stand together, and the event feed of many executions
// is the journal itself: how the feed had them, and before that one execution
// after the other. Rows are bound to be whole on a page, as they are not where
// the primary key clusters them.
var journalInOrder = []string{
	`CREATE TABLE written (position {key}, execution {int} NOT NULL, seq {int} NOT NULL, UNIQUE (execution, seq))`,
	`INSERT INTO written (execution, seq) SELECT json_extract(part.value, '$[0]'), json_extract(part.value, '$[1]')
		FROM feed, json_each(feed.parts) AS part ORDER BY feed.no, part.key`,
	`CREATE TABLE ordered (no {key}, execution {int} NOT NULL, seq {int} NOT NULL, events TEXT NOT NULL)`,
	`INSERT INTO ordered (execution, seq, events) SELECT execution, seq, events FROM journal
		WHERE NOT EXISTS (SELECT 1 FROM written WHERE written.execution = journal.execution AND written.seq = journal.seq) ORDER BY execution, seq`,
	`INSERT INTO ordered (execution, seq, events) SELECT journal.execution, journal.seq, journal.events
		FROM written JOIN journal ON journal.execution = written.execution AND journal.seq = written.seq ORDER BY written.position`,
	`DROP TABLE written`,
	`DROP TABLE feed`,
	`DROP TABLE journal`,
	`ALTER TABLE ordered RENAME TO journal`,
	`CREATE UNIQUE INDEX journal_of_execution ON journal (execution, seq)`,
}

// wholeCheckSize is the size of a database up to which every page is looked at
// before it is opened; reading more would hold up the start.
const wholeCheckSize = 256 << 20

// prepare: an older database is copied beside itself before its schema changes.
func (d *sqliteDialect) prepare(ctx context.Context) error {
	path := d.path()
	if err := checkEmptied(d.dir); err != nil {
		return fmt.Errorf("open database %s: restore a backup, or take the file away to begin anew; it was left as it is: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // the files that the database puts beside it get its permissions
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	version := 0
	if info.Size() > 0 {
		if version, err = inspect(ctx, path, info.Size() <= wholeCheckSize); err != nil {
			why := "it is damaged or no database of Ringflow, and was left as it is; restore a backup"
			if d.transient(err) {
				why = "it cannot be read now, and was left as it is"
			}
			return fmt.Errorf("open database %s: %s: %w", path, why, err)
		}
	}
	if version >= len(d.steps) {
		return checkVersion(path, version, len(d.steps))
	}
	if version > 0 {
		backup := filepath.Join(d.dir, fmt.Sprintf("%s%d-%s.db", schemaBackup, version, time.Now().UTC().Format("20060102T150405.000")))
		if err := errors.Join(clearHalfWritten(d.dir), copyDatabase(ctx, d.dir, backup, nil)); err != nil {
			return fmt.Errorf("back up database to %s before its schema changes: %w", backup, err)
		}
	}
	db, err := d.openWriter()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return errors.Join(migrate(ctx, db, version, d.steps, sqliteTypes), db.Close())
}

// schemaBackup begins the name of the copy of an older schema; its version and the
// time follow.
const schemaBackup = "ringflow-schema"

// sqliteTypes are the words in braces.
var sqliteTypes = strings.NewReplacer(
	"{key}", "INTEGER PRIMARY KEY", // an alias of the rowid
	"{int}", "INTEGER",
	"{bytes}", "BLOB",
	"{text}", "TEXT",
	"{clustered}", "WITHOUT ROWID",
)
