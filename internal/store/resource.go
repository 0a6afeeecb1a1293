package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ringflow/internal/resource"
)

var _ resource.Storage = (*Store)(nil)

// Records implements resource.Storage.
func (s *Store) Records(ctx context.Context) ([]resource.Record, error) {
	found, err := all(ctx, s.reads, func(r *resource.Record) []any {
		return []any{&r.Account, &r.Kind, &r.Name, &r.Version, (*micros)(&r.CreatedAt), (*micros)(&r.UpdatedAt), &r.Sealed}
	}, `SELECT account, kind, name, version, created_at, updated_at, sealed FROM resources ORDER BY account, kind, name`)
	return found, wrap("read resources", err)
}

// PutRecord implements resource.Storage.
func (s *Store) PutRecord(ctx context.Context, r resource.Record, before int64) error {
	r.Sealed = bytes.Clone(r.Sealed)
	err := s.writer.write(ctx, op{apply: func(t *transaction) error {
		if err := t.expectRecord(r.Key, before); err != nil {
			return err
		}
		return t.exec(`INSERT INTO resources (account, kind, name, version, created_at, updated_at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (account, kind, name) DO UPDATE SET version = excluded.version, created_at = excluded.created_at,
				updated_at = excluded.updated_at, sealed = excluded.sealed`,
			r.Account, r.Kind, r.Name, r.Version, r.CreatedAt.UnixMicro(), r.UpdatedAt.UnixMicro(), r.Sealed)
	}})
	return wrap(fmt.Sprintf("store %s %s", r.Kind, r.Name), err)
}

// DeleteRecord implements resource.Storage.
func (s *Store) DeleteRecord(ctx context.Context, k resource.Key, version int64) error {
	err := s.writer.write(ctx, op{apply: func(t *transaction) error {
		if err := t.expectRecord(k, version); err != nil {
			return err
		}
		return t.exec(`DELETE FROM resources WHERE account = ? AND kind = ? AND name = ?`, k.Account, k.Kind, k.Name)
	}})
	return wrap(fmt.Sprintf("remove %s %s", k.Kind, k.Name), err)
}

// expectRecord returns resource.ErrChanged unless the record has the version; 0
// is that there is none.
func (t *transaction) expectRecord(k resource.Key, version int64) error {
	found, err := row(t, column[int64], `SELECT version FROM resources WHERE account = ? AND kind = ? AND name = ?`, k.Account, k.Kind, k.Name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if found != version {
		return resource.ErrChanged
	}
	return nil
}
