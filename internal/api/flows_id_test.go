package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// Wherever a flow is named, its id and its aliases do, also the id of one that was
// deleted where executions are selected. Any other name is refused with what was
// meant, so that nobody takes a misspelt one for a flow without executions.
func TestFlowsAreNamedByIDOrAlias(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/v1/executions?flow_id=", "/v1/calls?flow_id=", "/v1/reports/studio_flow_execution?flow_id=", "/v1/reports/studio_flow_execution/totals?flow_id="} {
		for name, id := range map[string]string{"play": "play", "legacy": "play", "gone": "gone"} {
			if answer := w.do("GET", path+name, "everything", ""); answer.Code != http.StatusOK || w.filter.FlowID != id {
				t.Errorf("%s%s: %d %s, of flow %q", path, name, answer.Code, answer.Body, w.filter.FlowID)
			}
		}
		for name, says := range map[string]string{"legcay": `"did you mean legacy?"`, "entirely-else": `{"code":"0200014","message":"flow not found"}`} {
			if answer := w.do("GET", path+name, "everything", ""); answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), says) {
				t.Errorf("%s%s: %d %s", path, name, answer.Code, answer.Body)
			}
		}
	}
	for _, c := range []struct{ method, path string }{
		{"GET", ""}, {"GET", "/versions"}, {"GET", "/request"}, {"GET", "/draft"}, {"GET", "/versions/version-1"}, {"GET", "/versions/version-1/diff"},
		{"GET", "/events"}, {"POST", "/publish"}, {"POST", "/versions/version-1/publish"}, {"POST", "/unpublish"}, {"DELETE", "/draft"}, {"DELETE", ""},
	} {
		named := func(name string) string {
			answer := w.do(c.method, "/v1/flows/"+name+c.path, "everything", "", "Accept", "application/json")
			return strings.ReplaceAll(http.StatusText(answer.Code)+" "+answer.Body.String(), name, "NAME")
		}
		if byID, byAlias := named("play"), strings.ReplaceAll(named("legacy"), "play", "NAME"); byID != byAlias {
			t.Errorf("%s %s: by its id %s, by an alias %s", c.method, c.path, byID, byAlias)
		}
		want := `{"code":"0200014","message":"flow not found","description":"did you mean play?"}`
		if c.path == "/draft" || c.path == "/publish" {
			want = `{"code":"0200016","message":"draft not found","description":"did you mean play?"}`
		}
		if got := named("plai"); got != "Not Found "+want+"\n" {
			t.Errorf("%s %s, misspelt: %s", c.method, c.path, got)
		}
	}
}
