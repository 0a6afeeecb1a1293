package store

import (
	"context"
	"time"

	"ringflow/flowengine/record"
)

// Repeated returns the execution that the account started under the key in the
// last record.IdempotencyKeyLifetime, ErrNoExecution if there is none. Accept decides
// again, so that of simultaneous triggers one alone is accepted.
func (s *Store) Repeated(ctx context.Context, account, key string) (record.Execution, error) {
	x, err := one(ctx, s.reads, scanRepeated, selectRepeated, account, key, time.Now().UnixMicro())
	return x, orNone(err, record.ErrNoExecution, "read idempotency key")
}

const selectRepeated = `SELECT once.digest, executions.id, executions.interaction_id, executions.flow_id, executions.version_id, once.account, once.key
	FROM once JOIN executions ON executions.no = once.execution
	WHERE once.account = ? AND once.key = ? AND once.expires_at > ?`

// scanRepeated reads what the answer to a repeated trigger needs.
func scanRepeated(x *record.Execution) []any {
	return []any{&x.IdempotencyKey.Digest, &x.ID, &x.InteractionID, &x.FlowID, &x.VersionID, &x.Account, &x.IdempotencyKey.Key}
}

// addKey stores the key of an execution in the place of an expired one.
func (t *transaction) addKey(no int64, x record.Execution) error {
	if err := t.exec(`DELETE FROM once WHERE account = ? AND key = ?`, x.Account, x.IdempotencyKey.Key); err != nil {
		return err
	}
	return t.exec(`INSERT INTO once (account, key, digest, execution, expires_at) VALUES (?, ?, ?, ?, ?)`,
		x.Account, x.IdempotencyKey.Key, x.IdempotencyKey.Digest, no, x.AcceptedAt.Add(record.IdempotencyKeyLifetime).UnixMicro())
}
