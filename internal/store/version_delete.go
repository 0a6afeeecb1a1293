package store

import (
	"context"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// flowKey names a flow.
type flowKey struct{ account, flowID string }

// DeleteFlow removes a flow: its versions, its draft and its aliases. Its executions
// stay, under the flow's id. It returns record.ErrNoFlow, and a
// *record.InUseError while executions of it have not ended, scheduled ones
// among them.
func (s *Store) DeleteFlow(ctx context.Context, account, flowID string) error {
	id := flowfile.CanonicalFlowID(flowID)
	return wrap("delete flow "+flowID, s.changeVersions(ctx, func(t *transaction) error { return t.deleteFlow(flowKey{account, id}) }))
}

func (t *transaction) deleteFlow(f flowKey) error {
	if err := notPublished(context.Background(), t, f.account, f.flowID); err != record.ErrNotPublished {
		return err
	}
	const open = ` FROM executions WHERE account = ? AND flow_id = ? AND ended_at IS NULL`
	var using record.InUseError
	var err error
	if using.Executions, err = row(t, column[int], `SELECT count(*)`+open, f.account, f.flowID); err != nil {
		return err
	}
	if using.Executions > 0 {
		using.Named, err = all(context.Background(), t, column[record.ExecutionID], `SELECT id`+open+` ORDER BY accepted_at, no LIMIT ?`,
			f.account, f.flowID, record.MaxNamed)
		if err != nil {
			return err
		}
		return &using
	}
	t.w.deleted[f] = true
	return t.execEach([]any{f.account, f.flowID},
		`DELETE FROM ledger WHERE version_id IN (SELECT id FROM versions WHERE account = ? AND flow_id = ?)`,
		`DELETE FROM aliases WHERE account = ? AND flow_id = ?`,
		`DELETE FROM versions WHERE account = ? AND flow_id = ?`)
}
