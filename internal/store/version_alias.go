package store

import (
	"database/sql"
	"errors"

	"ringflow/flowengine"
)

// alias has the aliases of a version lead to its flow from now on, and those of
// the version before no longer. It returns a *flowengine.AliasError if one leads
// to another flow.
func (t *transaction) alias(v flowengine.Version) error {
	flow, err := flowengine.Parse(v.FlowID, v.Definition)
	if err != nil {
		flow = &flowengine.Flow{} // it cannot run, whatever it is called
	}
	for _, alias := range flow.Aliases {
		other, err := column[string](t.row(`SELECT flow_id FROM aliases WHERE account = ? AND alias = ? AND flow_id <> ?`, v.Account, alias, v.FlowID))
		if err == nil {
			return &flowengine.AliasError{Alias: alias, FlowID: other}
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

// selectAliased reads the published version of the flow that an alias leads to.
const selectAliased = `SELECT ` + versionColumns + ` FROM versions
	WHERE account = ? AND flow_id = (SELECT flow_id FROM aliases WHERE account = ? AND alias = ?) AND status = 'published'`
