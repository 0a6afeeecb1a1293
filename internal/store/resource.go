package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ringflow/internal/resource"
)

var _ resource.Shelf = (*Store)(nil)

// resourceSchema keeps what accounts manage over the API. What a resource holds
// is sealed under a key that is not in the database.
func resourceSchema() []string {
	return []string{
		`CREATE TABLE resources (
			account TEXT NOT NULL,
			kind TEXT NOT NULL,
			name TEXT NOT NULL,
			version {int} NOT NULL,
			created_at {int} NOT NULL,
			updated_at {int} NOT NULL,
			sealed {bytes} NOT NULL,
			PRIMARY KEY (account, kind, name)) {clustered}`,
	}
}

// Records implements resource.Shelf.
func (s *Store) Records(ctx context.Context) (_ []resource.Record, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT account, kind, name, version, created_at, updated_at, sealed FROM resources ORDER BY account, kind, name`)
	if err != nil {
		return nil, fmt.Errorf("read resources: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []resource.Record
	for rows.Next() {
		var r resource.Record
		var created, updated sql.NullInt64
		if err := rows.Scan(&r.Account, &r.Kind, &r.Name, &r.Version, &created, &updated, &r.Sealed); err != nil {
			return nil, fmt.Errorf("read resources: %w", err)
		}
		r.CreatedAt, r.UpdatedAt = fromMicros(created), fromMicros(updated)
		out = append(out, r)
	}
	return out, rows.Err()
}

// KeepRecord implements resource.Shelf.
func (s *Store) KeepRecord(ctx context.Context, r resource.Record, before int64) error {
	r.Sealed = bytes.Clone(r.Sealed)
	if err := s.writer.do(ctx, &keepRecord{r, before}); err != nil {
		return fmt.Errorf("keep %s %s: %w", r.Kind, r.Name, err)
	}
	return nil
}

type keepRecord struct {
	record resource.Record
	before int64
}

func (o *keepRecord) apply(t *transaction) error {
	r := &o.record
	if err := t.expectRecord(r.Key, o.before); err != nil {
		return err
	}
	return t.exec(`INSERT INTO resources (account, kind, name, version, created_at, updated_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, kind, name) DO UPDATE SET version = excluded.version, created_at = excluded.created_at,
			updated_at = excluded.updated_at, sealed = excluded.sealed`,
		r.Account, r.Kind, r.Name, r.Version, r.CreatedAt.UnixMicro(), r.UpdatedAt.UnixMicro(), r.Sealed)
}
func (*keepRecord) settle(*writer, error) {}
func (*keepRecord) kept() bool            { return false }

// DropRecord implements resource.Shelf.
func (s *Store) DropRecord(ctx context.Context, k resource.Key, version int64) error {
	if err := s.writer.do(ctx, &dropRecord{k, version}); err != nil {
		return fmt.Errorf("remove %s %s: %w", k.Kind, k.Name, err)
	}
	return nil
}

type dropRecord struct {
	key     resource.Key
	version int64
}

func (o *dropRecord) apply(t *transaction) error {
	if err := t.expectRecord(o.key, o.version); err != nil {
		return err
	}
	return t.exec(`DELETE FROM resources WHERE account = ? AND kind = ? AND name = ?`, o.key.Account, o.key.Kind, o.key.Name)
}
func (*dropRecord) settle(*writer, error) {}
func (*dropRecord) kept() bool            { return false }

// expectRecord returns resource.ErrChanged unless the record has the version; 0
// is that there is none.
func (t *transaction) expectRecord(k resource.Key, version int64) error {
	var found int64
	err := t.row(`SELECT version FROM resources WHERE account = ? AND kind = ? AND name = ?`, k.Account, k.Kind, k.Name).Scan(&found)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if found != version {
		return resource.ErrChanged
	}
	return nil
}
