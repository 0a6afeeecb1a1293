package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ringflow/flowengine"
)

// aliasSchema keeps under which ids of other products the published flows are
// triggered too.
func aliasSchema() []string {
	return []string{
		`CREATE TABLE aliases (
			account TEXT NOT NULL,
			alias TEXT NOT NULL,
			flow_id TEXT NOT NULL,
			PRIMARY KEY (account, alias)) {clustered}`,
	}
}

// alias has the aliases of a version lead to its flow from now on, and those of
// the version before no longer. It returns a *flowengine.AliasError if one leads
// to another flow.
func (t *transaction) alias(v flowengine.Version) error {
	flow, err := flowengine.Parse(v.FlowID, v.Definition)
	if err != nil {
		flow = &flowengine.Flow{} // it cannot run, whatever it is called
	}
	for _, alias := range flow.Aliases {
		var other string
		err := t.row(`SELECT flow_id FROM aliases WHERE account = ? AND alias = ? AND flow_id <> ?`, v.Account, alias, v.FlowID).Scan(&other)
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

// aliased returns the published version of the flow that the alias leads to,
// flowengine.ErrNoFlow if it leads nowhere.
func (s *Store) aliased(ctx context.Context, account, alias string) (flowengine.Version, error) {
	change := s.published.changes()
	v, err := scanVersion(s.reads.QueryRowContext(ctx, `SELECT `+versionColumns+` FROM versions
		WHERE account = ? AND flow_id = (SELECT flow_id FROM aliases WHERE account = ? AND alias = ?) AND status = 'published'`, account, account, alias))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return flowengine.Version{}, flowengine.ErrNoFlow
	case err != nil:
		return flowengine.Version{}, fmt.Errorf("read flow %s: %w", alias, err)
	}
	s.published.put(alias, v, change)
	return v, nil
}
