package api_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/api"
)

const good = `{"contact_1":"+12025550143","contact_2":"+12025550188"}`

func TestRequests(t *testing.T) {
	const start, read = "/flows/installation-help/interactions", "/v1/executions/execution-2"
	for _, c := range []struct {
		name, method, path, client, body string
		status                           int
		contains, lacks                  string
	}{
		{"start", "POST", start, "acceptance", good, 202, `{"interaction_id":"interaction-1","flow_version_id":"version-1","flow_execution_id":"execution-1"}`, "code"},
		{"start with a slash", "POST", start + "/", "acceptance", good, 202, "execution-1", ""},
		{"start by the scope alone", "POST", start, "starter", good, 202, "execution-1", ""},
		{"plain hex id", "POST", "/flows/0f3c9a52d1b84e6fa7c2583be9d01746/interactions", "starter", good, 202, "execution-1", ""},
		{"dashed id", "POST", "/flows/0F3C9A52-d1b8-4e6f-a7c2-583be9d01746/interactions", "starter", good, 202, "execution-1", ""},
		{"empty object", "POST", start, "starter", ` {} `, 202, "execution-1", ""},
		{"byte order mark", "POST", start, "starter", "\ufeff{}", 202, "execution-1", ""},

		{"no token", "POST", start, "", good, 401, `"code":"0200011"`, "execution-1"},
		{"scope missing", "POST", start, "reader", good, 403, `"code":"0200013"`, "execution-1"},
		{"unknown flow", "POST", "/flows/nothing/interactions", "starter", good, 404, `"code":"0200014"`, ""},
		{"another account's flow", "POST", start, "stranger", good, 404, `"code":"0200014"`, ""},
		{"unpublished flow", "POST", "/flows/draft/interactions", "starter", good, 404, `"code":"0200015"`, ""},
		{"object for an argument", "POST", start, "starter", `{"contact_1":{}}`, 400, `"code":"0200002","message":"bad argument","description":"at least one argument has a value that the flow cannot take","fields":[{"name":"contact_1","description":"must be text, is an object"}]`, ""},
		{"no body", "POST", start, "starter", "", 400, `"code":"0200001"`, ""},
		{"array", "POST", start, "starter", "[]", 400, `"code":"0200001"`, ""},
		{"string", "POST", start, "starter", `"x"`, 400, `"code":"0200001"`, ""},
		{"null", "POST", start, "starter", "null", 400, `"code":"0200001"`, ""},
		{"broken off", "POST", start, "starter", `{"a":"b"`, 400, `"code":"0200001"`, ""},
		{"two objects", "POST", start, "starter", `{}{}`, 400, `"code":"0200001"`, ""},
		{"garbage after", "POST", start, "starter", `{}x`, 400, `"code":"0200001"`, ""},
		{"comma at the end", "POST", start, "starter", `{"a":"b",}`, 400, `"code":"0200001"`, ""},
		{"name twice", "POST", start, "starter", `{"a":"b","a":"c"}`, 400, `"description":"the name \"a\" stands twice"`, ""},
		{"not UTF-8", "POST", start, "starter", "{\"a\":\"\xff\"}", 400, "UTF-8", ""},
		{"form", "POST", start, "starter", "contact_1=%2B12025550143", 400, `the body is not JSON: a JSON object is needed, such as {\"contact_1\":\"+12025550143\"}`, ""},
		{"value missing", "POST", start, "starter", `{"contact_1":`, 400, "line 1, column 14: unexpected end of JSON input; close every quote and brace", "EOF"},
		{"half a text", "POST", start, "starter", `{"contact_1":"+1202`, 400, "line 1, column 20: unexpected end of JSON input", "EOF"},
		{"no quotes", "POST", start, "starter", "{\n  contact_1: 1}", 400, "line 2, column 3: invalid character 'c' looking for beginning of object key string; names and texts stand in double quotes", ""},
		{"as large as allowed", "POST", start, "starter", `{"a":"` + strings.Repeat("x", 65_536-8) + `"}`, 202, "", ""},
		{"too large", "POST", start, "starter", `{"a":"` + strings.Repeat("x", 65_536-7) + `"}`, 413, `"code":"0200023"`, ""},
		{"fault of ours", "POST", "/flows/panic/interactions", "starter", good, 500, `"code":"0200030"`, "secret panic"},
		{"wrong method", "GET", start, "starter", "", 405, `"code":"0200018"`, ""},
		{"wrong method, no token", "DELETE", start, "", "", 405, `"code":"0200018"`, ""},
		{"no flow id", "POST", "/flows//interactions", "starter", good, 404, "", ""},

		{"read", "GET", read, "reader", "", 200, `"status":"finished"`, ""},
		{"read with a slash", "GET", read + "/", "reader", "", 200, `"status":"finished"`, ""},
		{"read without a token", "GET", read, "", "", 401, `"code":"0200011"`, "finished"},
		{"read without the scope", "GET", read, "starter", "", 403, `"code":"0200013"`, "finished"},
		{"read another account's", "GET", read, "stranger", "", 404, `"code":"0200016"`, "finished"},
		{"read nothing", "GET", "/v1/executions/x", "reader", "", 404, `"code":"0200016"`, ""},
		{"list", "GET", "/v1/executions", "reader", "", 200, `"next":"c"`, "execution-1"},
		{"list, second page", "GET", "/v1/executions?cursor=c&limit=100&status=running&flow_id=play&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00%2B01:00", "reader", "", 200, `"next":null`, "execution-2"},
		{"list of another account", "GET", "/v1/executions", "stranger", "", 200, `{"executions":[],"next":null}`, ""},
		{"list, bad limit", "GET", "/v1/executions?limit=101", "reader", "", 400, `"name":"limit"`, ""},
		{"list, bad status", "GET", "/v1/executions?status=x", "reader", "", 400, `"name":"status"`, ""},
		{"list, bad time", "GET", "/v1/executions?from=yesterday", "reader", "", 400, `"name":"from"`, ""},
		{"list, bad cursor", "GET", "/v1/executions?cursor=x", "reader", "", 400, `"name":"cursor"`, ""},
		{"list without the scope", "GET", "/v1/executions", "starter", "", 403, `"code":"0200013"`, ""},
		{"cancel", "POST", "/v1/executions/execution-1/cancel", "starter", "", 202, `{"flow_execution_id":"execution-1"}`, ""},
		{"cancel what has ended", "POST", "/v1/executions/execution-2/cancel", "starter", "", 409, `"code":"0200019"`, ""},
		{"cancel nothing", "POST", "/v1/executions/x/cancel", "starter", "", 404, `"code":"0200016"`, ""},
		{"cancel another account's", "POST", "/v1/executions/execution-1/cancel", "stranger", "", 404, `"code":"0200016"`, ""},
		{"cancel without the scope", "POST", "/v1/executions/execution-1/cancel", "reader", "", 403, `"code":"0200013"`, ""},
		{"flows", "GET", "/v1/flows", "reader", "", 200, `{"flows":[{"flow_id":"play","name":"Play it","published_at":"2026-01-02T03:04:05Z","flow_version_id":"version-1","number":1,"status":"published","draft":false}],"next":null}`, ""},
		{"flows of another account", "GET", "/v1/flows", "stranger", "", 200, `{"flows":[],"next":null}`, ""},
		{"flow", "GET", "/v1/flows/play", "reader", "", 200, `"definition":"name: Play it\n`, ""},
		{"flow of another account", "GET", "/v1/flows/play", "stranger", "", 404, `"code":"0200014"`, ""},
		{"versions", "GET", "/v1/flows/play/versions", "reader", "", 200, `{"versions":[{"flow_version_id":"version-1","number":1,"status":"published",`, ""},
		{"versions of nothing", "GET", "/v1/flows/x/versions", "reader", "", 404, `"code":"0200014"`, ""},
		{"numbers", "GET", "/v1/numbers", "reader", "", 200, `{"numbers":[{"number":"+12025550100"}],"next":null}`, ""},
		{"numbers of another account", "GET", "/v1/numbers", "stranger", "", 200, `{"numbers":[],"next":null}`, ""},
		{"components", "GET", "/v1/components", "reader", "", 200, `{"name":"make_outbound_call","title":"Make Outbound Call"`, ""},
		{"events of another account", "GET", "/v1/executions/execution-2/events", "stranger", "", 404, `"code":"0200016"`, ""},
		{"report of another account", "GET", "/v1/reports/studio_flow_execution", "stranger", "", 200, `{"entries":[],"total":0}`, ""},
		{"report in another format", "GET", "/v1/reports/studio_flow_execution?format=xml", "reader", "", 400, `"name":"format"`, ""},
		{"report, bad time", "GET", "/v1/reports/studio_flow_execution?to=x", "reader", "", 400, `"name":"to"`, ""},
		{"document", "GET", "/openapi.json", "", "", 200, `"openapi": "3.1.0"`, ""},
		{"unknown path", "GET", "/v1/nothing", "", "", 404, `"code":"0200016"`, ""},
		{"an argument that nobody declares", "POST", start, "acceptance", `{"contact_1":"+12025550143","conact_2":"+12025550188","x":[1]}`, 202, `,"warnings":[{"name":"conact_2","description":"the flow declares no such argument, and does not use it"},{"name":"x","description":"the flow declares no such argument, and does not use it"}]}`, ""},
		{"a telephone number without quotes", "POST", start, "acceptance", `{"contact_1":12025550143}`, 202, `,"warnings":[{"name":"contact_1","description":"is a number in JSON"}]}`, ""},
		{"all are declared", "POST", start, "acceptance", `{"contact_1":"+12025550143"}`, 202, `"flow_execution_id":"execution-1"}`, "warnings"},
		{"root", "GET", "/", "", "", 303, "Its manual is at /docs", ""},
		{"health", "GET", "/healthz", "", "", 200, `{"status":"ok"}`, ""},
		{"ready", "GET", "/readyz", "", "", 200, `{"status":"ready"}`, ""},
		{"metrics", "GET", "/metrics", "", "", 200, `ringflow_http_requests_total{method="POST",route="/oauth/token",status="401"} 1`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.do("POST", "/oauth/token", "", "grant_type=client_credentials")
			answer := w.do(c.method, c.path, c.client, c.body)
			got := answer.Body.String()
			if answer.Code != c.status || !strings.Contains(got, c.contains) || c.lacks != "" && strings.Contains(got, c.lacks) {
				t.Fatalf("%s %s: %d %s\nwant %d with %q and without %q", c.method, c.path, answer.Code, got, c.status, c.contains, c.lacks)
			}
			if c.status >= 400 {
				checkRefusal(t, w, answer.Header(), got, c.status)
			}
		})
	}
}

// checkRefusal holds what every refusal promises.
func checkRefusal(t *testing.T, w *world, h http.Header, body string, status int) {
	t.Helper()
	var e struct {
		Code, Message, Description string
		Fields                     []struct{ Name, Description string }
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || len(e.Code) != 7 || e.Message == "" {
		t.Errorf("the refusal is not in the shape of errors: %v: %s", err, body)
	}
	if got := h.Get("WWW-Authenticate"); (status == 401 || status == 403) != strings.HasPrefix(got, "Bearer") {
		t.Errorf("WWW-Authenticate is %q", got)
	}
	if got := h.Get("Retry-After"); (status == 429 || status == 503) != (got != "") {
		t.Errorf("Retry-After is %q", got)
	}
	if got := h.Get("Allow"); (status == 405) != (got != "") {
		t.Errorf("Allow is %q", got)
	}
	logged := w.log.String()
	if !strings.Contains(logged, fmt.Sprintf("status=%d", status)) || !strings.Contains(logged, "reason=") {
		t.Errorf("the refusal is not logged with its reason: %s", logged)
	}
	if strings.Contains(logged, "rf_") || strings.Contains(logged, "-secret") {
		t.Errorf("a secret is logged: %s", logged)
	}
}

func TestArgumentsReachTheFlow(t *testing.T) {
	w := newWorld(t, nil)
	body := `{"contact_1":"+1 (202) 555-0143","n":5,"big":12345678901234567890,"e":1.50e3,"yes":true,"no":false,"none":null,
		"o":{"a":[1]},"l":[],"ü":"\u00fc\n\ud83d\ude00","":"empty name"}`
	if answer := w.do("POST", "/flows/installation-help/interactions", "starter", body, "Content-Type", "text/plain"); answer.Code != 202 {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
	want := flowengine.Trigger{Account: "acme", FlowID: "installation-help",
		Arguments: map[string]string{"contact_1": "+1 (202) 555-0143", "n": "5", "big": "12345678901234567890", "e": "1.50e3",
			"yes": "true", "no": "false", "ü": "ü\n😀", "": "empty name"},
		Unquoted: map[string]string{"n": "a number", "big": "a number", "e": "a number", "yes": "a boolean", "no": "a boolean"},
		NonText:  map[string]string{"o": "an object", "l": "an array"}}
	if got := w.started[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the flow was started with\n%v, want\n%v", got, want)
	}
}

func TestUnavailable(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{flowengine.ErrDraining, 503, "0200033"},
		{fmt.Errorf("accept: %w", record.ErrUnavailable), 503, "0200033"},
		{fmt.Errorf("%w: 1000 calls", flowengine.ErrQueueFull), 503, "0200033"},
		{fmt.Errorf("%w: %w", record.ErrUnavailable, flowengine.ErrFunctionsBusy), 503, "busy looking at other functions"},
		{errors.New("no idea"), 500, "0200030"},
		{&flowengine.CannotRunError{Mistake: errors.New("step s: no")}, 500, `publish it again: step s: no"`},
	} {
		w := newWorld(t, nil)
		w.startErr = c.err
		answer := w.do("POST", "/flows/installation-help/interactions", "starter", good)
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.code) || strings.Contains(answer.Body.String(), "no idea") {
			t.Errorf("%v: %d %s", c.err, answer.Code, answer.Body)
		}
		checkRefusal(t, w, answer.Header(), answer.Body.String(), c.status)
	}
	w := newWorld(t, nil)
	w.ready = errors.New("disk full")
	if answer := w.do("GET", "/readyz", "", ""); answer.Code != 503 || strings.Contains(answer.Body.String(), "disk") {
		t.Errorf("readyz: %d %s", answer.Code, answer.Body)
	}
	if answer := w.do("GET", "/healthz", "", ""); answer.Code != 200 {
		t.Errorf("healthz: %d", answer.Code)
	}
	w.keepErr = errors.New("disk full")
	answer := w.do("GET", "/v1/executions/x", "", "", "Authorization", "Bearer rf_"+strings.Repeat("A", 43))
	if answer.Code != 503 {
		t.Errorf("a token that cannot be looked up: %d %s", answer.Code, answer.Body)
	}
}

func TestAuthorization(t *testing.T) {
	w := newWorld(t, nil)
	token := w.token("reader")
	for _, c := range []struct {
		name, header, challenge string
		status                  int
	}{
		{"right", "Bearer " + token, "", 200},
		{"scheme in lower case", "bearer " + token, "", 200},
		{"unknown", "Bearer rf_" + strings.Repeat("A", 43), `error="invalid_token", error_description="token unknown"`, 401},
		{"empty", "Bearer ", `Bearer realm="ringflow"`, 401},
		{"basic", "Basic cmVhZGVyOnJlYWRlci1zZWNyZXQ=", "Bearer", 401},
		{"garbage", "\x00", "Bearer", 401},
	} {
		answer := w.do("GET", "/v1/executions/execution-2", "", "", "Authorization", c.header)
		if answer.Code != c.status || !strings.Contains(answer.Header().Get("WWW-Authenticate"), c.challenge) {
			t.Errorf("%s: %d, %q", c.name, answer.Code, answer.Header().Get("WWW-Authenticate"))
		}
	}
	if answer := w.do("GET", "/v1/executions/execution-2?access_token="+token, "", ""); answer.Code != 401 {
		t.Errorf("a token in the query: %d", answer.Code)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("reader")
		time.Sleep(10 * time.Minute)
		answer := w.do("GET", "/v1/executions/execution-2", "", "", "Authorization", "Bearer "+token)
		if answer.Code != 401 || !strings.Contains(answer.Body.String(), "token expired") {
			t.Errorf("expired: %d %s", answer.Code, answer.Body)
		}
	})
}

func TestExecutionIsShownWhole(t *testing.T) {
	w := newWorld(t, nil)
	for id, want := range map[string]string{
		"execution-1": `{"flow_execution_id":"execution-1","interaction_id":"interaction-1","flow_id":"play","flow_version_id":"version-1","status":"running",` +
			`"accepted_at":"2026-01-02T02:04:05.000006Z","started_at":"2026-01-02T02:04:05.000006Z","finished_at":null,"variables":{},` +
			`"steps":[{"order":0,"name":"call","component":"make_outbound_call","exit":null,"started_at":"2026-01-02T02:04:05.000006Z","duration_ms":null}]}`,
		"execution-2": `{"flow_execution_id":"execution-2","interaction_id":"interaction-1","flow_id":"play","flow_version_id":"version-1","status":"finished",` +
			`"accepted_at":"2026-01-02T02:04:05.000006Z","started_at":"2026-01-02T02:04:05.000006Z","finished_at":"2026-01-02T02:04:07.000006Z","variables":{"digits":"12"},` +
			`"steps":[{"order":0,"name":"call","component":"make_outbound_call","exit":"busy","started_at":"2026-01-02T02:04:05.000006Z","duration_ms":1500,` +
			`"sip":{"code":486,"reason":"Busy Here","cause":17,"trunk":"main"}},` +
			`{"order":1,"name":"hang_up","component":"end_flow","exit":"error","started_at":"2026-01-02T02:04:07.000006Z","duration_ms":1,"detail":"the contact hung up","error":"broken"}]}`,
	} {
		if got := strings.TrimSpace(w.do("GET", "/v1/executions/"+id, "reader", "").Body.String()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestRateIsPerAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) { c.Rate = nil })
		start := func(client string) (int, http.Header) {
			answer := w.do("POST", "/flows/installation-help/interactions", client, good)
			if answer.Code == 429 {
				checkRefusal(t, w, answer.Header(), answer.Body.String(), 429)
			}
			return answer.Code, answer.Header()
		}
		for i, want := range []int{202, 202, 429, 429} {
			client := []string{"starter", "acceptance"}[i%2] // they share the account's rate
			code, h := start(client)
			if code != want || h.Get("RateLimit-Limit") != "2" || h.Get("RateLimit-Remaining") != fmt.Sprint(max(0, 1-i)) {
				t.Errorf("request %d: %d, %v", i, code, h)
			}
		}
		if code, _ := start("stranger"); code != 404 {
			t.Errorf("the rate of one account hits another: %d", code)
		}
		if answer := w.do("POST", "/flows/installation-help/interactions", "", good); answer.Code != 401 {
			t.Errorf("without a token: %d", answer.Code)
		}
		if answer := w.do("GET", "/v1/executions/execution-2", "reader", ""); answer.Code != 200 {
			t.Errorf("reading counts: %d", answer.Code)
		}
		time.Sleep(499 * time.Millisecond)
		if code, _ := start("starter"); code != 429 {
			t.Errorf("after 499 ms: %d", code)
		}
		time.Sleep(time.Millisecond)
		if code, _ := start("starter"); code != 202 {
			t.Errorf("after 500 ms, what was refused has been counted: %d", code)
		}
		time.Sleep(time.Hour)
		for i, want := range []int{202, 202, 429} {
			if code, _ := start("starter"); code != want {
				t.Errorf("after an hour, request %d: %d", i, code)
			}
		}
	})
}

func TestWhatIsRefusedDoesNotUseUpTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) { c.Rate = nil })
		const start = "/flows/installation-help/interactions"
		for _, c := range []struct {
			path, body, key string
			want            int
		}{
			{start, "{", "", 400},
			{start + "?start_at=tomorrow", good, "", 400},
			{start + "?statr_at=2000-01-01T00:00:00Z", good, "", 400},
			{start, good, strings.Repeat("k", 256), 400},
			{start, `{"contact_1":{}}`, "", 400},
			{start, strings.Repeat(" ", 70_000), "", 413},
			{"/flows/nothing/interactions", good, "", 404},
			{"/flows/draft/interactions", good, "", 404},
		} {
			for range 3 {
				var header []string
				if c.key != "" {
					header = []string{"Idempotency-Key", c.key}
				}
				if answer := w.do("POST", c.path, "starter", c.body, header...); answer.Code != c.want {
					t.Fatalf("%s: %d %s, want %d", c.path, answer.Code, answer.Body, c.want)
				}
			}
		}
		answer := w.do("POST", "/flows/nothing/interactions", "starter", good)
		if got := answer.Header().Get("RateLimit-Remaining"); got != "2" {
			t.Errorf("after a refusal %q starts remain", got)
		}
		for i, want := range []int{202, 202, 429} {
			if answer := w.do("POST", start, "starter", good); answer.Code != want {
				t.Errorf("start %d after the refusals: %d", i, answer.Code)
			}
		}
		if answer := w.do("POST", start, "starter", "{"); answer.Code != 429 {
			t.Errorf("a bad start when the rate is used up: %d", answer.Code)
		}
	})
}

func TestUnknownParametersAreRefused(t *testing.T) {
	for _, c := range []struct{ method, path, names string }{
		{"POST", "/flows/installation-help/interactions?statr_at=2026-01-01T00:00:00Z&time_zone=UTC", "statr_at"},
		{"GET", "/v1/executions?state=running&page=2", "page state"},
		{"GET", "/v1/executions/execution-2?flow_id=play", "flow_id"},
		{"GET", "/v1/reports/studio_flow_execution?limit=5", "limit"},
		{"GET", "/v1/flows?x", "x"},
		{"GET", "/healthz?verbose=1", "verbose"},
		{"GET", "/v1/executions?limit=%zz", ""},
		{"GET", "/v1/executions?limit=1;status=running", ""},
	} {
		answer := newWorld(t, nil).do(c.method, c.path, "acceptance", good)
		var refused struct {
			Code   string
			Fields []struct{ Name string }
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &refused); err != nil || answer.Code != 400 || refused.Code != "0200002" {
			t.Errorf("%s: %d %s", c.path, answer.Code, answer.Body)
		}
		var names []string
		for _, f := range refused.Fields {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s: names %q, want %q", c.path, got, c.names)
		}
	}
	if answer := newWorld(t, nil).do("GET", "/v1/executions?statr_at=x", "", ""); answer.Code != 401 {
		t.Errorf("without a token: %d", answer.Code)
	}
}

// A drain is intended: probes that learn of it must not raise an alarm.
func TestARefusalWhileDrainingIsNoError(t *testing.T) {
	for _, c := range []struct {
		why   error
		alarm bool
	}{{flowengine.ErrDraining, false}, {errors.New("the disk is full"), true}} {
		w := newWorld(t, nil)
		w.ready = c.why
		if answer := w.do("GET", "/readyz", "", ""); answer.Code != 503 {
			t.Errorf("%v: %d", c.why, answer.Code)
		}
		if logged := w.log.String(); strings.Contains(logged, "level=ERROR") != c.alarm || !strings.Contains(logged, c.why.Error()) {
			t.Errorf("%v: the log says %s", c.why, logged)
		}
	}
}

func TestFailuresAreLimitedByAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		codes := map[int]int{}
		for range 150 {
			codes[w.do("GET", "/v1/executions/x", "", "").Code]++
		}
		if codes[401] != 100 || codes[429] != 50 {
			t.Errorf("answers to requests without a token: %v", codes)
		}
		if answer := w.do("GET", "/v1/executions/execution-2", "reader", ""); answer.Code != 200 {
			t.Errorf("a good token from the same address: %d", answer.Code)
		}
		clear(codes)
		for range 150 {
			codes[w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=starter&client_secret=guess").Code]++
		}
		if codes[400] != 100 || codes[429] != 50 {
			t.Errorf("answers to guesses: %v", codes)
		}
		if answer := w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=starter&client_secret=starter-secret"); answer.Code != 200 {
			t.Errorf("the right secret amid guesses: %d", answer.Code)
		}
		clear(codes)
		for i := range 150 { // spellings of the name "starter"
			name := ""
			for bit, c := range []byte("starter") {
				if name += string(c); (i+1)>>bit&1 != 0 {
					name = name[:len(name)-1] + fmt.Sprintf("%%%02x", c)
				}
			}
			basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":guess"))
			codes[w.do("POST", "/oauth/token", "", "grant_type=client_credentials", "Authorization", basic).Code]++
		}
		if codes[429] != 150 {
			t.Errorf("answers to guesses under other spellings: %v", codes)
		}
		if answer := w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=reader&client_secret=reader-secret"); answer.Code != 200 {
			t.Errorf("another client behind the same address is locked out: %d", answer.Code)
		}
	})
}
