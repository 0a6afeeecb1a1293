package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// All that waits or runs of a flow is cancelled, each once and on however many
// pages; what has ended meanwhile is passed over, and nothing is cancelled when it
// is not clear what.
func TestCancelOfAFlowEndsAllItHas(t *testing.T) {
	var cancelled []string
	asShop(t, played(t, map[string]http.HandlerFunc{
		"GET /v1/executions": func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			ids, next := map[string]string{"accepted": "a1 a2", "accepted2": "a3", "running": "a1 r1 gone"}[q.Get("status")+q.Get("cursor")], "null"
			if q.Get("status") == "accepted" && q.Get("cursor") == "" {
				next = `"2"`
			}
			if q.Get("flow_id") != "f" {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprint(w, `{"code":"0200014","message":"flow not found","description":"did you mean f?"}`)
				return
			}
			var page []string
			for _, id := range strings.Fields(ids) {
				page = append(page, fmt.Sprintf(`{"flow_execution_id":%q}`, id))
			}
			fmt.Fprintf(w, `{"executions":[%s],"next":%s}`, strings.Join(page, ","), next)
		},
		"POST /v1/executions/{id}/cancel": func(w http.ResponseWriter, r *http.Request) {
			cancelled = append(cancelled, r.PathValue("id"))
			if r.PathValue("id") == "gone" {
				w.WriteHeader(http.StatusConflict)
				fmt.Fprint(w, `{"code":"0200019","message":"conflict"}`)
				return
			}
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{}`)
		},
	}))
	for _, line := range []string{"cancel", "cancel a1 --flow f"} {
		if code, out := ringflow(t, line); code != 2 || len(cancelled) != 0 {
			t.Errorf("%s: %d %s, %q cancelled", line, code, out, cancelled)
		}
	}
	if code, out := ringflow(t, "cancel --flow ff"); code != 1 || strings.Contains(out, "cancelled") || !strings.Contains(out, "did you mean f?") {
		t.Errorf("a flow that there is not: %d %s", code, out)
	}
	code, out := ringflow(t, "cancel --flow f")
	if code != 0 || out != "f: 4 cancelled\n" || !slices.Equal(cancelled, []string{"a1", "a2", "a3", "gone", "r1"}) {
		t.Errorf("%d %s, %q cancelled", code, out, cancelled)
	}
}
