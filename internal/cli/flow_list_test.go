package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// The list of flows is read to its end, however many pages it has.
func TestFlowListReadsAllPages(t *testing.T) {
	const flows = 205
	asShop(t, played(t, map[string]http.HandlerFunc{"GET /v1/flows": func(w http.ResponseWriter, r *http.Request) {
		from, limit := 0, 0
		_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		_, _ = fmt.Sscanf(r.URL.Query().Get("cursor"), "flow-%d", &from)
		var page []map[string]any
		for n := from + 1; n <= min(from+limit, flows); n++ {
			page = append(page, map[string]any{"flow_id": fmt.Sprintf("flow-%d", n), "name": "A flow", "number": 1})
		}
		body := map[string]any{"flows": page, "next": nil}
		if from+limit < flows {
			body["next"] = page[len(page)-1]["flow_id"]
		}
		_ = json.NewEncoder(w).Encode(body)
	}}))
	code, out := ringflow(t, "flow list")
	if n := strings.Count(out, "A flow"); code != 0 || n != flows || !strings.Contains(out, "flow-1 ") || !strings.Contains(out, "flow-205 ") {
		t.Errorf("the command ends with %d and shows %d flows", code, n)
	}
	code, out = ringflow(t, "flow list --json")
	var all []any
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 || len(all) != flows {
		t.Errorf("as JSON: %d, %d flows, %v", code, len(all), err)
	}
}
