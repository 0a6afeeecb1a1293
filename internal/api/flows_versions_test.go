package api_test

import (
	"strings"
	"testing"
)

func TestVersionsAndTheirDifference(t *testing.T) {
	w := newWorld(t, nil)
	ask := func(client, path string, status int, contains ...string) {
		t.Helper()
		answer := w.do("GET", "/v1/flows/"+path, client, "")
		for _, want := range contains {
			if answer.Code != status || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: %d %s, want %d with %q", path, answer.Code, answer.Body, status, want)
			}
		}
	}
	draft := strings.Replace(string(version().Definition), "Call them", "Call her", 1)
	if answer := w.do("PUT", "/v1/flows/play/draft", "acceptance", draft); answer.Code != 200 {
		t.Fatalf("save a draft: %d %s", answer.Code, answer.Body)
	}
	ask("reader", "play/versions/version-1", 200, `"definition":"name: Play it`, `"number":1`)
	ask("reader", "play/versions/draft-1", 200, "Call her", `"status":"draft"`)
	ask("reader", "play/versions/draft-1/diff", 200, `"from":{"flow_version_id":"version-1"`, `"to":{"flow_version_id":"draft-1"`, "Call them", "Call her")
	ask("reader", "play/versions/version-1/diff", 200, `"from":null`, `+ name: \"Play it\"`, "+ step call (make_outbound_call)")
	ask("reader", "play/versions/version-1/diff?against=version-1", 200, `"changes":""`)
	ask("reader", "play/versions/version-1/diff?against=draft-1", 200, `"from":{"flow_version_id":"draft-1"`)
	ask("reader", "play/versions/version-1/diff?against=x", 400, `"name":"against"`)
	ask("reader", "play/versions/version-1/diff?against=", 400, `"name":"against"`)
	for _, path := range []string{"play/versions/x", "other/versions/version-1", "other/versions/version-1/diff", "play/versions/x/diff"} {
		ask("reader", path, 404, "0200014")
	}
	for _, path := range []string{"play/versions/version-1", "play/versions/draft-1", "play/versions/draft-1/diff"} {
		ask("stranger", path, 404, "0200014")
		ask("starter", path, 403, "flows:read")
	}
	if answer := w.do("PUT", "/v1/flows/play/draft", "acceptance", "name: {"); answer.Code != 200 {
		t.Fatalf("save another: %d", answer.Code)
	}
	ask("reader", "play/versions/draft-1", 200, `"name: {"`)
	ask("reader", "play/versions/draft-1/diff", 409, "version 2")
}
