package store

import (
	"context"
	"database/sql"
	"errors"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// selectFlowID finds the flow of a name, in this order: the flow of that id, the one
// that has it as an alias, published or not, and a deleted one that has executions.
var selectFlowID = []string{
	`SELECT flow_id FROM versions WHERE account = ? AND flow_id = ? LIMIT 1`,
	`SELECT flow_id FROM aliases WHERE account = ? AND alias = ?`,
	`SELECT flow_id FROM executions WHERE account = ? AND flow_id = ? LIMIT 1`,
}

// FlowID returns the id of the account's flow that a name, an id or an alias, leads
// to. The id of a deleted flow leads to it as long as executions of it are kept. It
// returns record.ErrNoFlow for a name that leads nowhere.
func (s *Store) FlowID(ctx context.Context, account, name string) (string, error) {
	name = flowfile.CanonicalFlowID(name)
	for _, query := range selectFlowID {
		id, err := one(ctx, s.reads, column[string], query, account, name)
		if !errors.Is(err, sql.ErrNoRows) {
			return id, wrap("read flow "+name, err)
		}
	}
	return "", record.ErrNoFlow
}

// FlowNames returns ids and aliases of the account's flows, at most limit of them.
func (s *Store) FlowNames(ctx context.Context, account string, limit int) ([]string, error) {
	names, err := all(ctx, s.reads, column[string], `SELECT flow_id FROM versions WHERE account = ?
		UNION SELECT alias FROM aliases WHERE account = ? ORDER BY 1 LIMIT ?`, account, account, limit)
	return names, wrap("list names of flows", err)
}
