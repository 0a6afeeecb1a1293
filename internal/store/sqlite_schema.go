package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// migrations lead from one schema version to the next: the first makes
// version 1 of an empty database. They are only ever added to. Times are
// microseconds since 1970 in UTC.
//
// executions.no counts executions in the order of acceptance: journals hang on
// it. A row of journal holds the events that one commit brought for one
// execution, as a JSON array; seq is that of the first, and no counts rows in
// the order of writing, so that a commit writes to few pages.
func migrations() [][]string {
	return [][]string{{
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
		`CREATE TABLE tokens (
			hash {bytes} PRIMARY KEY,
			client TEXT NOT NULL,
			account TEXT NOT NULL,
			scopes TEXT NOT NULL,
			expires_at {int} NOT NULL) {clustered}`,
		`CREATE TABLE assertions (
			client TEXT NOT NULL,
			id TEXT NOT NULL,
			expires_at {int} NOT NULL,
			PRIMARY KEY (client, id)) {clustered}`,
	}, {
		`CREATE TABLE once (
			account TEXT NOT NULL,
			key TEXT NOT NULL,
			digest TEXT NOT NULL,
			execution {int} NOT NULL,
			expires_at {int} NOT NULL,
			PRIMARY KEY (account, key)) {clustered}`,
		`CREATE INDEX once_expiry ON once (expires_at)`,
	}, {
		`ALTER TABLE executions ADD COLUMN start_at {int}`,
	}, outboxSchema(), {
		`CREATE TABLE ledger (
			version_id TEXT NOT NULL,
			step TEXT NOT NULL,
			numbers TEXT NOT NULL,
			PRIMARY KEY (version_id, step)) {clustered}`,
	}, feedSchema(), {
		// Lists, reports and retention ask by account, and must not sort its history.
		`CREATE INDEX executions_of_account ON executions (account, no)`,
		`CREATE INDEX executions_ended ON executions (account, ended_at)`,
	}, resourceSchema(), {
		`ALTER TABLE executions ADD COLUMN calling_hours TEXT`,
		`ALTER TABLE executions ADD COLUMN time_zone TEXT`,
	}, reportJobSchema(), journalInOrder(), {
		// Lists and reports follow the clock, along the first of these that serves;
		// those that have not ended are few, and asked for by themselves.
		`DROP INDEX executions_open`,
		`DROP INDEX executions_of_flow`,
		`DROP INDEX executions_of_account`,
		`DROP INDEX executions_ended`,
		`CREATE INDEX executions_open ON executions (account, ended_at, accepted_at) WHERE ended_at IS NULL`,
		`CREATE INDEX executions_of_flow ON executions (account, flow_id, accepted_at)`,
		`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
	}, aliasSchema(), {
		// Who asks for what went wrong asks for few among many. Of two indexes that
		// look alike to SQLite it takes the older one.
		`DROP INDEX executions_of_account`,
		`CREATE INDEX executions_astray ON executions (account, status, accepted_at) WHERE status IN ('failed', 'cancelled', 'interrupted')`,
		`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
	}, {
		// A list of values is made anew for each change of a row, which costs more
		// than the change.
		`DROP INDEX executions_of_account`,
		`DROP INDEX executions_astray`,
		`CREATE INDEX executions_astray ON executions (account, status, accepted_at) WHERE ` + astray,
		`CREATE INDEX executions_of_account ON executions (account, accepted_at)`,
	}, {
		// A draft that cannot be read is called as the version before it.
		`ALTER TABLE versions ADD COLUMN name TEXT`,
		`ALTER TABLE versions ADD COLUMN description TEXT`,
	}}
}

// journalInOrder has the rows of journal stand in the order of writing, so that
// what one commit brings stands together, and whoever follows many executions
// reads the journal itself: how the feed had them, and before that one execution
// after the other. Rows are bound to be whole on a page, as they are not where
// the primary key clusters them.
func journalInOrder() []string {
	return []string{
		`CREATE TABLE told (place {key}, execution {int} NOT NULL, seq {int} NOT NULL, UNIQUE (execution, seq))`,
		`INSERT INTO told (execution, seq) SELECT json_extract(part.value, '$[0]'), json_extract(part.value, '$[1]')
			FROM feed, json_each(feed.parts) AS part ORDER BY feed.no, part.key`,
		`CREATE TABLE ordered (no {key}, execution {int} NOT NULL, seq {int} NOT NULL, events TEXT NOT NULL)`,
		`INSERT INTO ordered (execution, seq, events) SELECT execution, seq, events FROM journal
			WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.execution = journal.execution AND told.seq = journal.seq) ORDER BY execution, seq`,
		`INSERT INTO ordered (execution, seq, events) SELECT journal.execution, journal.seq, journal.events
			FROM told JOIN journal ON journal.execution = told.execution AND journal.seq = told.seq ORDER BY told.place`,
		`DROP TABLE told`,
		`DROP TABLE feed`,
		`DROP TABLE journal`,
		`ALTER TABLE ordered RENAME TO journal`,
		`CREATE UNIQUE INDEX journal_of_execution ON journal (execution, seq)`,
	}
}

// wholeCheckSize is the size of a database up to which every page is looked at
// before it is opened; reading more would hold up the start.
const wholeCheckSize = 256 << 20

// prepare brings the database in dir to the newest schema. A database that is
// newer or damaged is left as it is. One that is older is copied beside itself
// first.
func prepare(ctx context.Context, dir string, steps [][]string) error {
	var d dialect
	path := filepath.Join(dir, fileName)
	version := 0
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("open database: %w", err)
	case info.Size() > 0:
		if version, err = d.inspect(ctx, path, info.Size() <= wholeCheckSize); err != nil {
			why := "it is damaged or no database of Ringflow, and was left as it is; restore a backup"
			if d.passing(err) {
				why = "it cannot be read now, and was left as it is"
			}
			return fmt.Errorf("open database %s: %s: %w", path, why, err)
		}
	}
	if version > len(steps) {
		return fmt.Errorf("open database %s: its schema has version %d, this program knows up to %d: run the newer program that wrote it; it was left as it is", path, version, len(steps))
	}
	if version == len(steps) {
		return nil
	}
	return migrate(ctx, dir, version, steps)
}

// schemaBackup begins the name of what is kept of an older schema; its version
// and the time follow.
const schemaBackup = "ringflow-schema"

func migrate(ctx context.Context, dir string, from int, steps [][]string) (err error) {
	var d dialect
	if from > 0 {
		backup := filepath.Join(dir, fmt.Sprintf("%s%d-%s.db", schemaBackup, from, time.Now().UTC().Format("20060102T150405.000")))
		if err := errors.Join(clearHalfWritten(dir), copyDatabase(ctx, dir, backup, nil)); err != nil {
			return fmt.Errorf("back up database to %s before its schema changes: %w", backup, err)
		}
	}
	db, err := d.openWriter(dir)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change schema: %w", err)
	}
	if err := change(ctx, tx, from, steps); err != nil {
		return errors.Join(fmt.Errorf("change schema from version %d: %w", from, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("change schema from version %d: %w", from, err)
	}
	return nil
}

func change(ctx context.Context, tx *sql.Tx, from int, steps [][]string) error {
	var d dialect
	for _, step := range steps[from:] {
		for _, statement := range step {
			if _, err := tx.ExecContext(ctx, d.ddl(statement)); err != nil {
				return err
			}
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM schema_version`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO schema_version (version) VALUES (?)`, len(steps))
	return err
}
