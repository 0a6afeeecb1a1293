package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// purgeEvery is how often what has expired is removed.
const purgeEvery = time.Minute

// AddToken implements auth.Tokens.
func (s *Store) AddToken(ctx context.Context, t auth.TokenRecord) error {
	return notStored(s.writer.write(ctx, op{apply: func(x *transaction) error {
		return x.exec(`INSERT INTO tokens (hash, client, account, scopes, expires_at) VALUES (?, ?, ?, ?, ?)`,
			t.Hash[:], t.Client, t.Account, strings.Join(t.Scopes, " "), t.Expires.UnixMicro())
	}}))
}

// notStored makes ErrUnavailable the error of auth.
func notStored(err error) error {
	if errors.Is(err, record.ErrUnavailable) {
		return fmt.Errorf("%w: %w", auth.ErrNotStored, err)
	}
	return err
}

// Token implements auth.Tokens.
func (s *Store) Token(ctx context.Context, h auth.TokenHash) (auth.TokenRecord, error) {
	var scopes string
	t, err := one(ctx, s.reads, func(t *auth.TokenRecord) []any { return []any{&t.Client, &t.Account, &scopes, (*micros)(&t.Expires)} },
		`SELECT client, account, scopes, expires_at FROM tokens WHERE hash = ?`, h[:])
	t.Hash, t.Scopes = h, strings.Fields(scopes)
	return t, orNone(err, auth.ErrNoToken, "read token")
}

// UseAssertion implements auth.Tokens.
func (s *Store) UseAssertion(ctx context.Context, client, id string, until time.Time) (bool, error) {
	var n int64
	err := s.writer.write(ctx, op{apply: func(t *transaction) (err error) {
		n, err = t.affect(`INSERT INTO assertions (client, id, expires_at) VALUES (?, ?, ?) ON CONFLICT (client, id) DO NOTHING`,
			client, id, until.UnixMicro())
		return err
	}})
	return n == 1 && err == nil, notStored(err)
}

// AssertionUsed implements auth.Tokens.
func (s *Store) AssertionUsed(ctx context.Context, client, id string) (bool, error) {
	used, err := one(ctx, s.reads, column[bool], `SELECT EXISTS (SELECT 1 FROM assertions WHERE client = ? AND id = ?)`, client, id)
	return used, wrap("read assertion", err)
}

// purge removes what has expired, once every purgeEvery.
func (t *transaction) purge() error {
	now := time.Now()
	if now.Sub(t.w.purged) < purgeEvery {
		return nil
	}
	for statement, before := range map[string]time.Time{
		`DELETE FROM outbox WHERE dead_at < ?`:         now.Add(-deadLife),
		`DELETE FROM report_jobs WHERE created_at < ?`: now.Add(-record.ReportJobLifetime),
		`DELETE FROM tokens WHERE expires_at < ?`:      now,
		`DELETE FROM once WHERE expires_at <= ?`:       now,
		`DELETE FROM assertions WHERE expires_at < ?`:  now,
	} {
		if err := t.exec(statement, before.UnixMicro()); err != nil {
			return err
		}
	}
	t.w.purged = now
	return nil
}
