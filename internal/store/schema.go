package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// checkVersion refuses a schema of a newer program. where names the database.
func checkVersion(where string, version, known int) error {
	if version <= known {
		return nil
	}
	return fmt.Errorf("open database %s: its schema has version %d, this program knows up to %d: run the newer program that wrote it; it was left as it is", where, version, known)
}

// migrate leads from a schema version through the steps behind it, in one
// transaction. Each step is the statements that lead to the next version; types
// replaces the words in braces.
func migrate(ctx context.Context, db *sql.DB, from int, steps [][]string, types *strings.Replacer) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change schema: %w", err)
	}
	statements := []string{}
	for _, step := range steps[from:] {
		statements = append(statements, step...)
	}
	statements = append(statements, `DELETE FROM schema_version`, fmt.Sprintf(`INSERT INTO schema_version (version) VALUES (%d)`, len(steps)))
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, types.Replace(statement)); err != nil {
			return errors.Join(fmt.Errorf("change schema from version %d: %w", from, err), tx.Rollback())
		}
	}
	return wrap(fmt.Sprintf("change schema from version %d", from), tx.Commit())
}

// The tables that are the same in each dialect since they were made.

// tokenTables hold the logins of clients.
var tokenTables = []string{
	`CREATE TABLE tokens (
		hash {bytes} PRIMARY KEY,
		client {text} NOT NULL,
		account {text} NOT NULL,
		scopes {text} NOT NULL,
		expires_at {int} NOT NULL) {clustered}`,
	`CREATE TABLE assertions (
		client {text} NOT NULL,
		id {text} NOT NULL,
		expires_at {int} NOT NULL,
		PRIMARY KEY (client, id)) {clustered}`,
}

// idempotencyTable holds the keys of starts.
var idempotencyTable = []string{
	`CREATE TABLE once (
		account {text} NOT NULL,
		key {text} NOT NULL,
		digest {text} NOT NULL,
		execution {int} NOT NULL,
		expires_at {int} NOT NULL,
		PRIMARY KEY (account, key)) {clustered}`,
	`CREATE INDEX once_expiry ON once (expires_at)`,
}

// outboxTables hold deliveries, which are alive until dead_at is set; of each execution
// with living deliveries to a hook, streams has a row.
var outboxTables = []string{
	`CREATE TABLE outbox (
		no {key},
		account {text} NOT NULL,
		hook {text} NOT NULL,
		execution {text} NOT NULL,
		seq {int} NOT NULL,
		kind {text} NOT NULL,
		body {text} NOT NULL,
		since {int} NOT NULL,
		dead_at {int},
		reason {text},
		UNIQUE (account, hook, execution, seq))`,
	`CREATE INDEX outbox_dead ON outbox (account, hook, no) WHERE dead_at IS NOT NULL`,
	`CREATE INDEX outbox_died ON outbox (dead_at) WHERE dead_at IS NOT NULL`,
	`CREATE INDEX outbox_alive ON outbox (account, hook, since) WHERE dead_at IS NULL`,
	`CREATE TABLE streams (
		account {text} NOT NULL,
		hook {text} NOT NULL,
		execution {text} NOT NULL,
		due_at {int} NOT NULL,
		attempts {int} NOT NULL,
		PRIMARY KEY (account, hook, execution)) {clustered}`,
	`CREATE INDEX streams_due ON streams (account, hook, due_at)`,
}

// counterTable holds the counters of steps.
var counterTable = []string{
	`CREATE TABLE ledger (
		version_id {text} NOT NULL,
		step {text} NOT NULL,
		numbers {text} NOT NULL,
		PRIMARY KEY (version_id, step)) {clustered}`,
}

// resourceTable holds what accounts keep.
var resourceTable = []string{
	`CREATE TABLE resources (
		account {text} NOT NULL,
		kind {text} NOT NULL,
		name {text} NOT NULL,
		version {int} NOT NULL,
		created_at {int} NOT NULL,
		updated_at {int} NOT NULL,
		sealed {bytes} NOT NULL,
		PRIMARY KEY (account, kind, name)) {clustered}`,
}

// reportJobTable holds the jobs of reports.
var reportJobTable = []string{
	`CREATE TABLE report_jobs (
		no {key},
		id {text} NOT NULL UNIQUE,
		account {text} NOT NULL,
		request {bytes} NOT NULL,
		created_at {int} NOT NULL)`,
	`CREATE INDEX report_jobs_of_account ON report_jobs (account, no)`,
	`CREATE INDEX report_jobs_age ON report_jobs (created_at)`,
}

// aliasTable holds the aliases of flows.
var aliasTable = []string{
	`CREATE TABLE aliases (
		account {text} NOT NULL,
		alias {text} NOT NULL,
		flow_id {text} NOT NULL,
		PRIMARY KEY (account, alias)) {clustered}`,
}
