package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine"
)

// Repeated returns the execution that the account started under the key in the
// last flowengine.OnceLife, ErrNoExecution if there is none. Accept decides
// again, so that of simultaneous triggers one alone is accepted.
func (s *Store) Repeated(ctx context.Context, account, key string) (flowengine.Execution, error) {
	x, err := scanOnce(s.reads.QueryRowContext(ctx, selectOnce, account, key, time.Now().UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return x, flowengine.ErrNoExecution
	} else if err != nil {
		return x, fmt.Errorf("read key: %w", err)
	}
	return x, nil
}

const selectOnce = `SELECT once.digest, executions.id, executions.interaction_id, executions.flow_id, executions.version_id, once.account, once.key
	FROM once JOIN executions ON executions.no = once.execution
	WHERE once.account = ? AND once.key = ? AND once.expires_at > ?`

// scanOnce reads what the answer to a repeated trigger needs.
func scanOnce(row scanner) (x flowengine.Execution, err error) {
	err = row.Scan(&x.Once.Digest, &x.ID, &x.InteractionID, &x.FlowID, &x.VersionID, &x.Account, &x.Once.Key)
	return x, err
}

// once finds the execution of a key, sql.ErrNoRows if there is none.
func (t *transaction) once(account, key string, now time.Time) (flowengine.Execution, error) {
	return scanOnce(t.row(selectOnce, account, key, now.UnixMicro()))
}

// remember keeps the key of an execution. One that has expired and was not
// purged yet makes way.
func (t *transaction) remember(no int64, x flowengine.Execution) error {
	if err := t.exec(`DELETE FROM once WHERE account = ? AND key = ?`, x.Account, x.Once.Key); err != nil {
		return err
	}
	return t.exec(`INSERT INTO once (account, key, digest, execution, expires_at) VALUES (?, ?, ?, ?, ?)`,
		x.Account, x.Once.Key, x.Once.Digest, no, x.AcceptedAt.Add(flowengine.OnceLife).UnixMicro())
}
