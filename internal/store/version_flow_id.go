package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ringflow/flowengine"
)

// Where a name may lead to, in this order: the flow of that id, the one that has it
// as an alias, published or not, and one that was deleted and of which executions
// are kept.
var selectFlowID = []string{
	`SELECT flow_id FROM versions WHERE account = ? AND flow_id = ? LIMIT 1`,
	`SELECT flow_id FROM aliases WHERE account = ? AND alias = ?`,
	`SELECT flow_id FROM executions WHERE account = ? AND flow_id = ? LIMIT 1`,
}

// FlowID returns the id of the account's flow that a name, an id or an alias, leads
// to. The id of a deleted flow leads to it as long as executions of it are kept. It
// returns flowengine.ErrNoFlow for a name that leads nowhere.
func (s *Store) FlowID(ctx context.Context, account, name string) (string, error) {
	name = flowengine.CanonicalFlowID(name)
	for _, query := range selectFlowID {
		var id string
		err := s.reads.QueryRowContext(ctx, query, account, name).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return "", fmt.Errorf("read flow %s: %w", name, err)
		}
		return id, nil
	}
	return "", flowengine.ErrNoFlow
}

// FlowNames returns ids and aliases of the account's flows, at most limit of them.
func (s *Store) FlowNames(ctx context.Context, account string, limit int) (names []string, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT flow_id FROM versions WHERE account = ?
		UNION SELECT alias FROM aliases WHERE account = ? ORDER BY 1 LIMIT ?`, account, account, limit)
	if err != nil {
		return nil, fmt.Errorf("list names of flows: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("list names of flows: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
