package store

import (
	"context"
	"fmt"

	"ringflow/flowengine"
)

// DeleteFlow removes a flow: its versions, its draft and its aliases. What was
// executed stays, under the flow's id. It returns flowengine.ErrNoFlow, and a
// *flowengine.InUseError while executions of it have not ended, those that wait
// for their time among them.
func (s *Store) DeleteFlow(ctx context.Context, account, flowID string) error {
	o := &deleteFlow{cache: &s.published, account: account, flowID: flowengine.CanonicalFlowID(flowID)}
	if err := s.writer.do(ctx, o); err != nil {
		return fmt.Errorf("delete flow %s: %w", flowID, err)
	}
	return nil
}

// flowKey names a flow.
type flowKey struct{ account, flowID string }

type deleteFlow struct {
	cache           *versionCache
	account, flowID string
}

func (o *deleteFlow) apply(t *transaction) error {
	var n int
	if err := t.row(`SELECT count(*) FROM versions WHERE account = ? AND flow_id = ?`, o.account, o.flowID).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return flowengine.ErrNoFlow
	}
	const open = ` FROM executions WHERE account = ? AND flow_id = ? AND ended_at IS NULL`
	var using flowengine.InUseError
	if err := t.row(`SELECT count(*)`+open, o.account, o.flowID).Scan(&using.Executions); err != nil {
		return err
	}
	for i := range min(using.Executions, flowengine.MostNamed) {
		var id flowengine.ExecutionID
		if err := t.row(`SELECT id`+open+` ORDER BY accepted_at, no LIMIT 1 OFFSET ?`, o.account, o.flowID, i).Scan(&id); err != nil {
			return err
		}
		using.Named = append(using.Named, id)
	}
	if using.Executions > 0 {
		return &using
	}
	t.w.deleted[flowKey{o.account, o.flowID}] = true
	for _, statement := range []string{
		`DELETE FROM ledger WHERE version_id IN (SELECT id FROM versions WHERE account = ? AND flow_id = ?)`,
		`DELETE FROM aliases WHERE account = ? AND flow_id = ?`,
		`DELETE FROM versions WHERE account = ? AND flow_id = ?`,
	} {
		if err := t.exec(statement, o.account, o.flowID); err != nil {
			return err
		}
	}
	return nil
}

func (o *deleteFlow) settle(_ *writer, err error) {
	if err == nil {
		o.cache.forget(o.account, o.flowID)
	}
}

func (*deleteFlow) kept() bool { return false }
