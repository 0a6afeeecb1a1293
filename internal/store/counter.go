package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"ringflow/flowengine"
)

var _ flowengine.Counters = (*Store)(nil)

// Load implements flowengine.Counters.
func (s *Store) Load(ctx context.Context, versionID, step string) (numbers []int, err error) {
	text, err := one(ctx, s.reads, column[[]byte], `SELECT numbers FROM ledger WHERE version_id = ? AND step = ?`, versionID, step)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &numbers)
	}
	return numbers, wrap(fmt.Sprintf("read the counters of step %s", step), err)
}

// Store implements flowengine.Counters.
func (s *Store) Store(versionID, step string, numbers []int) {
	s.writer.writeLater(op{retryable: true, apply: func(t *transaction) error {
		text, err := json.Marshal(numbers)
		if err != nil {
			return err
		}
		return t.exec(`INSERT INTO ledger (version_id, step, numbers) VALUES (?, ?, ?)
			ON CONFLICT (version_id, step) DO UPDATE SET numbers = excluded.numbers`, versionID, step, string(text))
	}})
}
