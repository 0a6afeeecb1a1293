package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Every query follows the index that is meant for it and sorts nothing, however
// long an account's history is: see TestQueriesFollowTheirIndexes. In a small
// database going through a table is cheapest, so it is forbidden here.
func TestPostgresQueriesFollowTheirIndexes(t *testing.T) {
	t.Parallel()
	at := newSchema(t)
	must(t, openIn(t, at).Close())
	conn, err := pgx.Connect(t.Context(), at)
	must(t, err)
	defer conn.Close(t.Context())
	for _, statement := range []string{
		`INSERT INTO executions (no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, ended_at, status)
			SELECT n, n::text, '', 'a' || n % 5, 'f' || n % 50, '', '{}', n, CASE WHEN n % 20 > 0 THEN n END, CASE WHEN n % 20 > 1 THEN 'finished' ELSE 'failed' END
			FROM generate_series(1, 5000) n`,
		`INSERT INTO journal (no, execution, seq, events) SELECT n, n, 1, '[]' FROM generate_series(1, 5000) n`,
		`ANALYZE`, `SET enable_seqscan = off`, `SET enable_bitmapscan = off`, `SET plan_cache_mode = force_generic_plan`,
	} {
		_, err := conn.Exec(t.Context(), statement)
		must(t, err)
	}
	const (
		all       = `SELECT id FROM executions WHERE account = ?`
		newest    = ` ORDER BY accepted_at DESC, no DESC LIMIT ?`
		oldest    = ` ORDER BY accepted_at, no LIMIT ?`
		before    = ` AND (accepted_at, no) < (?, ?)`
		after     = ` AND (accepted_at, no) > (?, ?)`
		from      = ` AND accepted_at >= ? AND accepted_at < ?`
		flow      = ` AND flow_id = ?`
		anyFlow   = ` AND flow_id || '' = ?`
		status    = ` AND status = ?`
		open      = ` AND ended_at IS NULL`
		wentWrong = ` AND status <> 'finished' AND ended_at IS NOT NULL`
		feed      = `SELECT j.no, e.account, e.id, e.flow_id, j.events FROM journal j CROSS JOIN LATERAL (SELECT account, id, flow_id FROM executions WHERE no = j.execution OFFSET 0) e WHERE j.no > ?`
	)
	for query, want := range map[string]string{
		all + newest:                                               "executions_of_account",
		all + before + newest:                                      "executions_of_account",
		all + from + after + oldest:                                "executions_of_account",
		all + flow + from + after + oldest:                         "executions_of_flow",
		all + flow + status + before + newest:                      "executions_of_flow",
		all + anyFlow + status + open + before + newest:            "executions_open",
		all + status + open + from + newest:                        "executions_open",
		all + status + open + newest:                               "executions_open",
		all + status + wentWrong + newest:                          "executions_unsuccessful",
		all + anyFlow + status + wentWrong + from + after + oldest: "executions_unsuccessful",
		`SELECT no FROM executions WHERE ended_at IS NULL`:         "executions_open",
		`SELECT no, id, accepted_at, ended_at FROM executions WHERE account = ? AND accepted_at < ?` + after + oldest: "executions_of_account",
		`SELECT min(hook) FROM outbox WHERE account = ? AND hook > ?`:                                                 "outbox",
		`DELETE FROM outbox WHERE account = ? AND hook = ? AND execution = ?`:                                         "outbox_account_hook_execution_seq_key",
		`SELECT flow_id FROM versions WHERE account = ? AND flow_id = ? LIMIT 1`:                                      "versions_account_flow_id_number_key",
		`SELECT flow_id FROM aliases WHERE account = ? AND alias = ?`:                                                 "aliases_pkey",
		`SELECT flow_id FROM executions WHERE account = ? AND flow_id = ? LIMIT 1`:                                    "executions_of_flow",
		`SELECT id FROM versions WHERE account = ? AND flow_id = ? AND number < ? ORDER BY number DESC LIMIT ?`:       "versions_account_flow_id_number_key",
		feed + ` AND j.no <= ? AND e.account || '' = ? AND (? = '' OR e.flow_id || '' = ?) ORDER BY j.no LIMIT ?`:     "journal_pkey",
		feed + ` ORDER BY j.no LIMIT ?`:                                                                 "journal_pkey",
		`DELETE FROM journal WHERE execution = ?`:                                                       "journal_execution_seq_key",
		`SELECT events FROM journal WHERE execution = ? ORDER BY seq`:                                   "journal_execution_seq_key",
		`SELECT execution, events FROM journal WHERE execution IN (NULL, ?, ?) ORDER BY execution, seq`: "journal_execution_seq_key",
	} {
		text, n := query, strings.Count(query, "?")
		for i := range n {
			text = strings.Replace(text, "?", fmt.Sprint("$", i+1), 1)
		}
		_, err := conn.Exec(t.Context(), `PREPARE asked AS `+text)
		must(t, err)
		execute := `EXPLAIN (COSTS OFF) EXECUTE asked`
		if n > 0 {
			execute += "(NULL" + strings.Repeat(", NULL", n-1) + ")"
		}
		rows, err := conn.Query(t.Context(), execute, pgx.QueryExecModeSimpleProtocol)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		if plan := strings.Join(lines, "\n"); !strings.Contains(plan, want) || strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s:\n%s\nwant %s", text, plan, want)
		}
		_, err = conn.Exec(t.Context(), `DEALLOCATE asked`)
		must(t, err)
	}
}
