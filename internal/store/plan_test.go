package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/internal/store"
)

// What is asked by account must follow an index, however long the account's
// history is: sorting it would take seconds at a million rows.
func TestQueriesByAccountSortNothing(t *testing.T) {
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
	for _, query := range []string{
		`SELECT id FROM executions WHERE account = 'a' ORDER BY no DESC LIMIT 10`,
		`SELECT id FROM executions WHERE account = 'a' AND no < 5 ORDER BY no DESC LIMIT 10`,
		`SELECT id FROM executions WHERE account = 'a' AND no > 5 ORDER BY no LIMIT 500`,
		`SELECT id FROM executions WHERE account = 'a' AND flow_id = 'f' ORDER BY no DESC LIMIT 10`,
		`SELECT no FROM executions WHERE account = 'a' AND ended_at < 5 ORDER BY ended_at LIMIT 200`,
	} {
		rows, err := db.Query(`EXPLAIN QUERY PLAN ` + query)
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
		if p := strings.Join(plan, "; "); strings.Contains(p, "TEMP B-TREE") || !strings.Contains(p, "USING") {
			t.Errorf("%s: %s", query, p)
		}
	}
}
