package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

// A flow is deleted by whoever may write flows, unless it runs, and that names what
// runs, or unless the configuration holds it.
func TestDeleteFlow(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.FlowFile = func(account, flowID string) string {
			if account == "acme" && flowID == "fixed" {
				return "flows/fixed.yaml"
			}
			return ""
		}
	})
	for _, id := range []string{"spare", "fixed"} {
		w.drafts["acme "+id] = record.Version{ID: id, FlowID: id, Account: "acme", Number: 1, Status: record.Draft, Definition: []byte("name: X")}
	}
	for _, c := range []struct {
		flow, client string
		status       int
		says         string
	}{
		{"none", "keeper", http.StatusNotFound, "0200014"},
		{"spare", "reader", http.StatusForbidden, ""},
		{"fixed", "keeper", http.StatusConflict, "flows/fixed.yaml"},
		{"play", "keeper", http.StatusConflict, "execution-1, execution-2 and 10 more"},
		{"spare", "keeper", http.StatusNoContent, ""},
		{"spare", "keeper", http.StatusNotFound, "0200014"},
	} {
		if answer := w.do("DELETE", "/v1/flows/"+c.flow, c.client, ""); answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) {
			t.Errorf("%s by %s: %d %s", c.flow, c.client, answer.Code, answer.Body)
		}
	}
}

// A draft that cannot be read goes by the name that it last had, and a description is
// shown wherever a name is.
func TestNamesOfDrafts(t *testing.T) {
	w := newWorld(t, nil)
	w.drafts["acme torn"] = record.Version{ID: "1", FlowID: "torn", Account: "acme", Number: 1, Status: record.Draft, Definition: []byte("steps: ["), Name: "Call back", Description: "After hours"}
	w.drafts["acme whole"] = record.Version{ID: "2", FlowID: "whole", Account: "acme", Number: 1, Status: record.Draft,
		Definition: []byte("name: Whole\ndescription: All of it\ntrigger: {component: api_request}\nstart: e\nsteps: {e: {component: end_flow}}\n")}
	want := map[string][2]string{"torn": {"Call back", "After hours"}, "whole": {"Whole", "All of it"}, "play": {"Play it", ""}}
	type shown struct {
		FlowID            string `json:"flow_id"`
		Name, Description string
	}
	var list struct{ Flows []shown }
	if err := json.Unmarshal(w.do("GET", "/v1/flows", "reader", "").Body.Bytes(), &list); err != nil || len(list.Flows) != 3 {
		t.Fatalf("%v, %+v", err, list)
	}
	for _, f := range list.Flows {
		if [2]string{f.Name, f.Description} != want[f.FlowID] {
			t.Errorf("the list has %+v", f)
		}
	}
	for _, path := range []string{"torn", "whole", "play", "torn/draft", "whole/draft"} {
		var f shown
		answer := w.do("GET", "/v1/flows/"+path, "reader", "")
		if err := json.Unmarshal(answer.Body.Bytes(), &f); err != nil || [2]string{f.Name, f.Description} != want[f.FlowID] {
			t.Errorf("%s: %v, %s", path, err, answer.Body)
		}
	}
}
