package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
)

// purgeEvery is how often what has expired is removed.
const purgeEvery = time.Minute

// KeepToken implements auth.Tokens.
func (s *Store) KeepToken(ctx context.Context, t auth.TokenRecord) error {
	return notKept(s.writer.do(ctx, &keepToken{t}))
}

// notKept says in the words of auth that the disk takes nothing now.
func notKept(err error) error {
	if errors.Is(err, flowengine.ErrUnavailable) {
		return fmt.Errorf("%w: %w", auth.ErrNotKept, err)
	}
	return err
}

type keepToken struct{ token auth.TokenRecord }

func (o *keepToken) apply(t *transaction) error {
	return t.exec(`INSERT INTO tokens (hash, client, account, scopes, expires_at) VALUES (?, ?, ?, ?, ?)`,
		o.token.Hash[:], o.token.Client, o.token.Account, strings.Join(o.token.Scopes, " "), o.token.Expires.UnixMicro())
}

func (*keepToken) settle(*writer, error) {}
func (*keepToken) kept() bool            { return false }

// Token implements auth.Tokens.
func (s *Store) Token(ctx context.Context, h auth.TokenHash) (auth.TokenRecord, error) {
	t := auth.TokenRecord{Hash: h}
	var scopes string
	var expires sql.NullInt64
	err := s.reads.QueryRowContext(ctx, `SELECT client, account, scopes, expires_at FROM tokens WHERE hash = ?`, h[:]).
		Scan(&t.Client, &t.Account, &scopes, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return auth.TokenRecord{}, auth.ErrNoToken
	} else if err != nil {
		return auth.TokenRecord{}, fmt.Errorf("read token: %w", err)
	}
	t.Scopes, t.Expires = strings.Fields(scopes), fromMicros(expires)
	return t, nil
}

// UseAssertion implements auth.Tokens.
func (s *Store) UseAssertion(ctx context.Context, client, id string, until time.Time) (bool, error) {
	o := &useAssertion{client: client, id: id, until: until}
	err := notKept(s.writer.do(ctx, o))
	return o.first, err
}

// AssertionUsed implements auth.Tokens.
func (s *Store) AssertionUsed(ctx context.Context, client, id string) (used bool, err error) {
	err = s.reads.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM assertions WHERE client = ? AND id = ?)`, client, id).Scan(&used)
	if err != nil {
		return false, fmt.Errorf("read assertion: %w", err)
	}
	return used, nil
}

type useAssertion struct {
	client, id string
	until      time.Time
	first      bool
}

func (o *useAssertion) apply(t *transaction) error {
	n, err := t.affect(`INSERT INTO assertions (client, id, expires_at) VALUES (?, ?, ?) ON CONFLICT (client, id) DO NOTHING`,
		o.client, o.id, o.until.UnixMicro())
	o.first = n == 1
	return err
}

func (o *useAssertion) settle(_ *writer, err error) { o.first = o.first && err == nil }
func (*useAssertion) kept() bool                    { return false }

// purge removes what has expired: tokens, assertion ids, idempotency keys
// and dead letters.
func (t *transaction) purge(now time.Time) error {
	if err := t.exec(`DELETE FROM outbox WHERE dead_at < ?`, now.Add(-deadLife).UnixMicro()); err != nil {
		return err
	}
	if err := t.purgeReportJobs(now); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM tokens WHERE expires_at < ?`, now.UnixMicro()); err != nil {
		return err
	}
	if err := t.exec(`DELETE FROM once WHERE expires_at <= ?`, now.UnixMicro()); err != nil {
		return err
	}
	return t.exec(`DELETE FROM assertions WHERE expires_at < ?`, now.UnixMicro())
}
