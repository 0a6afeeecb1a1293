package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ringflow/internal/webhook"
)

// Backlogs counts what each hook has not taken. Hooks that have taken all are
// not among them.
func (s *Store) Backlogs(ctx context.Context) (map[webhook.ID]webhook.Backlog, error) {
	out := make(map[webhook.ID]webhook.Backlog)
	for _, query := range []string{
		`SELECT account, hook, COUNT(*), 0, MIN(since) FROM outbox WHERE dead_at IS NULL GROUP BY account, hook`,
		`SELECT account, hook, 0, COUNT(*), NULL FROM outbox WHERE dead_at IS NOT NULL GROUP BY account, hook`,
	} {
		if err := s.countBacklogs(ctx, query, out); err != nil {
			return nil, fmt.Errorf("count what webhooks have not taken: %w", err)
		}
	}
	return out, nil
}

func (s *Store) countBacklogs(ctx context.Context, query string, out map[webhook.ID]webhook.Backlog) (err error) {
	rows, err := s.reads.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id webhook.ID
		var waiting, dead int
		var oldest sql.NullInt64
		if err := rows.Scan(&id.Account, &id.Name, &waiting, &dead, &oldest); err != nil {
			return err
		}
		b := out[id]
		b.Waiting, b.Dead = b.Waiting+waiting, b.Dead+dead
		if oldest.Valid {
			b.Oldest = fromMicros(oldest)
		}
		out[id] = b
	}
	return rows.Err()
}
