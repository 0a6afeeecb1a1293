package store

import (
	"database/sql"
	"errors"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// alias has the aliases of a version lead to its flow from now on, and those of
// the version before no longer. It returns a *flowfile.AliasError if one leads
// to another flow.
func (t *transaction) alias(v record.Version) error {
	flow, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		flow = &flowfile.Flow{} // it cannot run, whatever it is called
	}
	for _, alias := range flow.Aliases {
		other, err := row(t, column[string], `SELECT flow_id FROM aliases WHERE account = ? AND alias = ? AND flow_id <> ?`, v.Account, alias, v.FlowID)
		if err == nil {
			return &flowfile.AliasError{Alias: alias, FlowID: other}
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if err := t.exec(`DELETE FROM aliases WHERE account = ? AND flow_id = ?`, v.Account, v.FlowID); err != nil {
		return err
	}
	for _, alias := range flow.Aliases {
		if err := t.exec(`INSERT INTO aliases (account, alias, flow_id) VALUES (?, ?, ?)`, v.Account, alias, v.FlowID); err != nil {
			return err
		}
	}
	return nil
}
