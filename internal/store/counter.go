package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"ringflow/flowengine"
)

var _ flowengine.Ledger = (*Store)(nil)

// Carried implements flowengine.Ledger.
func (s *Store) Carried(ctx context.Context, versionID, step string) ([]int, error) {
	var text string
	err := s.reads.QueryRowContext(ctx, `SELECT numbers FROM ledger WHERE version_id = ? AND step = ?`, versionID, step).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the ledger of step %s: %w", step, err)
	}
	var numbers []int
	if err := json.Unmarshal([]byte(text), &numbers); err != nil {
		return nil, fmt.Errorf("read the ledger of step %s: %w", step, err)
	}
	return numbers, nil
}

// Carry implements flowengine.Ledger.
func (s *Store) Carry(versionID, step string, numbers []int) {
	s.writer.later(&carry{versionID: versionID, step: step, numbers: numbers})
}

type carry struct {
	versionID, step string
	numbers         []int
}

func (o *carry) apply(t *transaction) error {
	text, err := json.Marshal(o.numbers)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO ledger (version_id, step, numbers) VALUES (?, ?, ?)
		ON CONFLICT (version_id, step) DO UPDATE SET numbers = excluded.numbers`, o.versionID, o.step, string(text))
}

func (*carry) settle(*writer, error) {}
func (*carry) kept() bool            { return true }
