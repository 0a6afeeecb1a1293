package api_test

import (
	"net/http"
	"strings"
	"testing"

	"ringflow/internal/api"
)

// Whoever takes a flow out of service learns which file puts it back at the next start.
func TestUnpublishNamesTheFile(t *testing.T) {
	for _, file := range []string{"", "flows/help.yaml"} {
		w := newWorld(t, func(c *api.Config) {
			c.FlowFile = func(account, flowID string) string {
				if account != "acme" || flowID != "installation-help" {
					t.Errorf("asked for %s of %s", flowID, account)
				}
				return file
			}
		})
		answer := w.do("POST", "/v1/flows/installation-help/unpublish", "keeper", "")
		if named := strings.Contains(answer.Body.String(), `"file":"flows/help.yaml"`); answer.Code != http.StatusOK || named != (file != "") {
			t.Errorf("%q: %d %s", file, answer.Code, answer.Body)
		}
	}
}
