package api_test

import (
	"strings"
	"testing"
)

const file = `name: New one
trigger: {component: api_request}
start: end
steps:
  end: {component: end_flow}
`

func TestLifeOfADraft(t *testing.T) {
	w := newWorld(t, nil)
	const draft = "/v1/flows/new-one/draft"
	step := func(what, method, path, body string, status int, contains string, header ...string) string {
		t.Helper()
		answer := w.do(method, path, "acceptance", body, header...)
		if answer.Code != status || !strings.Contains(answer.Body.String(), contains) {
			t.Errorf("%s: %d %s, want %d with %q", what, answer.Code, answer.Body, status, contains)
		}
		return answer.Header().Get("ETag")
	}
	step("no draft yet", "GET", draft, "", 404, "0200016")
	step("publish no draft", "POST", "/v1/flows/new-one/publish", "", 404, "0200016")
	step("expect one that is not there", "PUT", draft, file, 412, "0200020", "If-Match", `"x"`)
	first := step("create", "PUT", draft, "name: New one\nsteps: 5\n", 200, `"severity":"error"`)
	step("publish what is wrong", "POST", "/v1/flows/new-one/publish", "", 409, `"description":"the flow has errors, and was not published","fields":[{"name":`)
	second := step("mend", "PUT", draft, file, 200, `"name":"New one"`, "If-Match", first)
	if first == second || first == "" {
		t.Errorf("the tags are %q and %q", first, second)
	}
	step("change what somebody else has changed", "PUT", draft, file+"# mine\n", 412, "0200020", "If-Match", first)
	if read := step("read", "GET", draft, "", 200, `"problems":[]`); read != second {
		t.Errorf("the tag read is %q, given was %q", read, second)
	}
	step("publish what somebody else has changed", "POST", "/v1/flows/new-one/publish", "", 412, "0200020", "If-Match", first)
	step("publish", "POST", "/v1/flows/new-one/publish", "", 200, `"status":"published"`, "If-Match", second)
	step("it is no draft any more", "DELETE", draft, "", 404, "0200016")
	step("another draft", "PUT", draft, file, 200, "New one")
	step("not over another's", "PUT", draft, file, 412, "there is one already", "If-None-Match", "*")
	step("discard another", "DELETE", draft, "", 412, "0200020", "If-Match", first)
	step("discard", "DELETE", draft, "", 204, "", "If-Match", "*")
	step("discard nothing", "DELETE", draft, "", 404, "0200016", "If-Match", "*")
	step("only where none is", "PUT", draft, file, 200, "New one", "If-None-Match", "*")

	step("roll back", "POST", "/v1/flows/play/versions/version-1/publish", "", 200, "version-2")
	step("roll back to a version of another flow", "POST", "/v1/flows/other/versions/version-1/publish", "", 404, "0200014")
	step("roll back to nothing", "POST", "/v1/flows/play/versions/x/publish", "", 404, "0200014")
	step("check", "POST", "/v1/check", file, 200, `{"problems":[]}`)
	step("check what is wrong", "POST", "/v1/check", "name: x\nstepz: {}\n", 200, "stepz")
	step("check nothing", "POST", "/v1/check", " \n", 400, "0200001")
	step("save nothing", "PUT", draft, "", 400, "0200001")
	step("a bad id", "PUT", "/v1/flows/.hidden/draft", file, 400, `\".hidden\" must have 1 to 64 letters, digits, underscores, dots and hyphens, and begin with none of the last two: name the flow another way, as ringflow flow push FILE --flow ID does`)
	step("a long file", "PUT", draft, file+"# "+strings.Repeat("x", 100_000)+"\n", 200, "New one")
	step("too long a file", "PUT", draft, strings.Repeat("x", 2<<20+1), 413, "0200023")

	for client, status := range map[string]int{"reader": 403, "stranger": 403, "": 401} {
		if answer := w.do("PUT", draft, client, file); answer.Code != status {
			t.Errorf("by %q: %d", client, answer.Code)
		}
	}
	if answer := w.do("GET", draft, "stranger", ""); answer.Code != 404 {
		t.Errorf("another account reads the draft: %d", answer.Code)
	}
}
