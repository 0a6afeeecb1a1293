package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A flow without a draft is put back by the version that was published last; one that
// is published, and one that never was, are left as they are.
func TestPublishPutsAFlowBack(t *testing.T) {
	const version = `{"flow_version_id":"%s","number":%d,"status":"%s","created_at":"2026-11-22T09:00:00Z","published_at":%s}`
	versions := map[string]string{
		"out": fmt.Sprintf(version, "v3", 3, "archived", `"2026-11-22T10:00:00Z"`) + "," + fmt.Sprintf(version, "v2", 2, "archived", `"2026-11-22T11:00:00Z"`),
		"in":  fmt.Sprintf(version, "v5", 5, "published", `"2026-11-22T10:00:00Z"`),
	}
	asShop(t, played(t, map[string]http.HandlerFunc{
		"POST /v1/flows/{flow}/publish": refusing(http.StatusNotFound, `{"code":"0200016","message":"draft not found"}`),
		"GET /v1/flows/{flow}/versions": func(w http.ResponseWriter, r *http.Request) {
			if versions[r.PathValue("flow")] == "" {
				refusing(http.StatusNotFound, `{"code":"0200014","message":"flow not found"}`)(w, r)
				return
			}
			fmt.Fprintf(w, `{"versions":[%s],"next":null}`, versions[r.PathValue("flow")])
		},
		"POST /v1/flows/out/versions/v2/publish": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, version, "v4", 4, "published", `"2026-11-22T12:00:00Z"`)
		},
	}))
	for flow, want := range map[string]struct {
		status int
		says   string
	}{
		"out":  {0, "out: version 4 published\n"},
		"in":   {1, "publish in: version 5 is published, and there is no draft\n"},
		"none": {1, "draft not found"},
	} {
		if status, out := ringflow(t, "flow publish "+flow); status != want.status || !strings.Contains(out, want.says) {
			t.Errorf("%s: %d %s", flow, status, out)
		}
	}
}
