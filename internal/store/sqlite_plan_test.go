package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/store"
)

// What is asked must follow the index that is meant for it, however long an
// account's history is: going through a million rows, or sorting them, takes
// seconds.
func TestQueriesFollowTheirIndexes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		`SELECT id FROM executions WHERE account = ? ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                                                                                                  `executions_of_account (account=?)`,
		`SELECT id FROM executions WHERE account = ? AND (accepted_at, no) < (?, ?) ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                                                                   `executions_of_account (account=? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND accepted_at >= ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`:                                                                    `executions_of_account (account=? AND accepted_at>? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND flow_id = ? AND accepted_at >= ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`:                                                    `executions_of_flow (account=? AND flow_id=? AND accepted_at>? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND flow_id = ? AND status = ? AND (accepted_at, no) < (?, ?) ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                                    `executions_of_flow (account=? AND flow_id=? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND flow_id || '' = ? AND status = ? AND ended_at IS NULL AND (accepted_at, no) < (?, ?) ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                         `executions_open (account=? AND ended_at=? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND status = ? AND ended_at IS NULL AND accepted_at >= ? AND accepted_at < ? ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                     `executions_open (account=? AND ended_at=? AND accepted_at>? AND accepted_at<?)`,
		`SELECT id FROM executions WHERE account = ? AND status = ? AND ended_at IS NULL ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                                                              `executions_open (account=? AND ended_at=?)`,
		`SELECT id FROM executions WHERE account = ? AND status = ? AND status <> 'finished' AND ended_at IS NOT NULL ORDER BY accepted_at DESC, no DESC LIMIT ?`:                                                                 `executions_astray (account=? AND status=?)`,
		`SELECT id FROM executions WHERE account = ? AND flow_id || '' = ? AND status = ? AND status <> 'finished' AND ended_at IS NOT NULL AND accepted_at >= ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`: `executions_astray (account=? AND status=? AND accepted_at>?)`,
		`SELECT no FROM executions WHERE ended_at IS NULL`:                                                                                                           `SCAN executions USING COVERING INDEX executions_open`,
		`SELECT no FROM executions WHERE ended_at IS NULL AND begun_at IS NULL`:                                                                                      `SCAN executions USING INDEX executions_open`,
		`SELECT no FROM executions WHERE ended_at IS NULL AND begun_at IS NOT NULL`:                                                                                  `SCAN executions USING INDEX executions_open`,
		`SELECT no, id, accepted_at, ended_at FROM executions WHERE account = ? AND accepted_at < ? AND (accepted_at, no) > (?, ?) ORDER BY accepted_at, no LIMIT ?`: `executions_of_account (account=? AND accepted_at>? AND accepted_at<?)`,
		`SELECT min(hook) FROM outbox WHERE account = ? AND hook > ?`:                                                                                                `(account=? AND hook>?)`,
		`DELETE FROM outbox WHERE account = ? AND hook = ? AND execution = ?`:                                                                                        `(account=? AND hook=? AND execution=?)`,
		`SELECT id FROM versions v WHERE account = ? AND flow_id > ? AND (status IN ('draft', 'published') OR number = (SELECT max(number) FROM versions m WHERE m.account = v.account AND m.flow_id = v.flow_id)) ORDER BY flow_id, number LIMIT ?`: `(account=? AND flow_id>?); CORRELATED SCALAR SUBQUERY 1; SEARCH m`,
		`SELECT flow_id FROM versions WHERE account = ? AND flow_id = ? LIMIT 1`:                                `(account=? AND flow_id=?)`,
		`SELECT flow_id FROM aliases WHERE account = ? AND alias = ?`:                                           `(account=? AND alias=?)`,
		`SELECT flow_id FROM executions WHERE account = ? AND flow_id = ? LIMIT 1`:                              `executions_of_flow (account=? AND flow_id=?)`,
		`SELECT id FROM versions WHERE account = ? AND flow_id = ? AND number < ? ORDER BY number DESC LIMIT ?`: `(account=? AND flow_id=? AND number<?)`,
		`SELECT j.no, e.account, e.id, e.flow_id, j.events FROM journal j JOIN executions e ON e.no = j.execution WHERE j.no > ? AND j.no <= ? AND e.account || '' = ? AND (? = '' OR e.flow_id || '' = ?) ORDER BY j.no LIMIT ?`: `SEARCH j USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); SEARCH e USING INTEGER PRIMARY KEY`,
		`DELETE FROM journal WHERE execution = ?`:                                                       `journal_of_execution (execution=?)`,
		`SELECT events FROM journal WHERE execution = ? ORDER BY seq`:                                   `journal_of_execution (execution=?)`,
		`SELECT execution, events FROM journal WHERE execution IN (NULL, ?, ?) ORDER BY execution, seq`: `journal_of_execution (execution=?)`,
	} {
		rows, err := db.Query(`EXPLAIN QUERY PLAN `+query, make([]any, strings.Count(query, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if p := strings.Join(plan, "; "); strings.Contains(p, "TEMP B-TREE") || !strings.Contains(p, want) {
			t.Errorf("%s: %s, want %s", query, p, want)
		}
	}
}
