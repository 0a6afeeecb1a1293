package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

// TestWhatBecameOfCalls holds the tables of the verbs that look.
func TestWhatBecameOfCalls(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
	const sip = `"sip":{"code":486,"reason":"Busy Here","trunk":"carrier"}`
	const leg = `{"party":"contact","to":"+12025550143","state":"ended","dialled_at":"2026-11-22T09:00:00Z",`
	asShop(t, played(t, map[string]http.HandlerFunc{
		"GET /v1/executions": answering(`{"executions":[
{"flow_execution_id":"x1","flow_id":"f","status":"accepted","accepted_at":"2026-11-22T09:00:00Z","started_at":null,"start_at":"2026-11-23T10:00:00Z"},
{"flow_execution_id":"x2","flow_id":"f","status":"cancelled","accepted_at":"2026-11-22T09:00:00Z","started_at":null,"start_at":"2026-11-23T11:00:00Z"}],"next":null}`),
		"GET /v1/executions/x1": answering(`{"flow_execution_id":"x1","flow_id":"f","status":"accepted","accepted_at":"2026-11-22T09:00:00Z","started_at":null,"start_at":"2026-11-23T10:00:00Z","steps":[]}`),
		"GET /v1/executions/x7": answering(`{"flow_execution_id":"x7","flow_id":"f","status":"failed","error":"too bad","accepted_at":"2026-11-22T09:00:00Z","started_at":"2026-11-22T09:00:00Z",
"steps":[{"name":"call","component":"make_outbound_call","started_at":"2026-11-22T09:00:01Z","duration_ms":1500,"exit":"busy",` + sip + `,"detail":"Busy Here"},
{"name":"play","component":"play_audio","started_at":"2026-11-22T09:00:02Z","duration_ms":null,"exit":null}]}`),
		"GET /v1/executions/x9": answering(`{"flow_execution_id":"x9","flow_id":"f","status":"failed","error":"step call: the call failed: trunk carrier cannot be reached: nobody is there","accepted_at":"2026-11-22T09:00:00Z","started_at":"2026-11-22T09:00:00Z",
"steps":[{"name":"call","component":"make_outbound_call","started_at":"2026-11-22T09:00:01Z","duration_ms":2,"exit":"error","detail":"trunk carrier cannot be reached: nobody is there","error":"the call failed: trunk carrier cannot be reached: nobody is there"}]}`),
		"GET /v1/calls/x7": answering(`{"flow_execution_id":"x7","legs":[` + leg + `"answered_at":"2026-11-22T09:00:01Z","ended_at":null,"unheard":{"at":"2026-11-22T09:00:04Z","detail":"no RTP packet has come"}}]}`),
		"GET /v1/calls/":   refusing(404, `{"code":"1","message":"call not found"}`),
		"GET /v1/calls": answering(`{"calls":[{"flow_execution_id":"x7","legs":[` + leg + `"answered_at":null,"ended_at":"2026-11-22T09:00:01Z","ended_by":"trunk",` + sip + `},` +
			leg + `"answered_at":"2026-11-22T09:00:01Z","ended_at":"2026-11-22T09:00:05Z","ended_by":"contact","unheard":{"at":"2026-11-22T09:00:04Z","detail":"no RTP packet has come"}}]}],"next":null}`),
		"GET /v1/trunks": answering(`{"trunks":[{"name":"carrier","legs":2,"limit":30,"targets":["a:5060","b:5060"],"connections":[{"transport":"tls","address":"192.0.2.1:5061","opened_by":"us","since":"2026-11-22T08:00:00Z"}],"pings":[{"target":"a:5060","state":"reachable"},{"target":"b:5060","state":"unreachable"}],"last":{"exit":"busy","code":486,"reason":"Busy Here","ended_at":"2026-11-22T09:00:01Z"}},
{"name":"new","legs":0,"limit":null,"targets":["c:5060","d:5060"],"pings":[{"target":"c:5060","state":"unknown"}],"last":null},{"name":"mute","legs":0,"limit":1,"targets":[],"last":{"exit":"error","code":null,"reason":"no reply","ended_at":"2026-11-22T09:00:01Z"}},
{"name":"r1","targets":[],"last":null,"registration":{"state":"registered","registrar":"reg.example.com","until":"2026-11-22T10:00:00Z","result":"200 OK"}},
{"name":"r2","targets":[],"last":null,"registration":{"state":"registered","registrar":"reg.example.com","until":"2026-11-22T10:00:00Z","result":"503 Later"}},
{"name":"r3","targets":[],"last":null,"registration":{"state":"failed","registrar":"reg.example.com","until":null,"next_at":"2026-11-22T10:00:00Z","result":"403 Forbidden"}},
{"name":"r4","targets":[],"last":null,"registration":{"state":"registering"}}],"next":null}`),
	}))
	for line, want := range map[string]string{
		"executions":   "x1 f accepted 2026-11-22 09:00:00 2026-11-23 10:00:00\nx2 f cancelled 2026-11-22 09:00:00\n",
		"execution x1": "it begins 2026-11-23 10:00:00\n",
		"execution x7": "x7 f failed, accepted 2026-11-22 09:00:00 – too bad\nSTEP COMPONENT AT TOOK EXIT WHY\n" +
			"call make_outbound_call 2026-11-22 09:00:01 1.5s busy 486 Busy Here\nplay play_audio 2026-11-22 09:00:02\ncontact +12025550143 was not heard: no RTP packet has come\n",
		"execution x9": "x9 f failed, accepted 2026-11-22 09:00:00 – step call\nSTEP COMPONENT AT TOOK EXIT WHY\n" +
			"call make_outbound_call 2026-11-22 09:00:01 2ms error the call failed: trunk carrier cannot be reached: nobody is there\n",
		"calls": "x7 contact +12025550143 ended 2026-11-22 09:00:00 trunk 486 Busy Here\nx7 contact +12025550143 ended 2026-11-22 09:00:00 4s contact not heard: no RTP packet has come\n",
		"trunks": "carrier 2 30 0 a:5060, b:5060 (unreachable) tls 192.0.2.1:5061 since 2026-11-22 08:00:00 - busy 2026-11-22 09:00:01 486 Busy Here\nnew 0 - 0 c:5060 (unknown), d:5060 - - -\nmute 0 1 0 - - error 2026-11-22 09:00:01 no reply\n" +
			"r1 0 - 0 - until 2026-11-22 10:00:00 with reg.example.com -\nr2 0 - 0 - until 2026-11-22 10:00:00 with reg.example.com (not refreshed: 503 Later) -\n" +
			"r3 0 - 0 - no: 403 Forbidden, next attempt at 2026-11-22 10:00:00 -\nr4 0 - 0 - registering -\n",
	} {
		code, out := ringflow(t, line)
		var words strings.Builder // the width of a column is the table's own affair
		for l := range strings.Lines(out) {
			fmt.Fprintln(&words, strings.Join(strings.Fields(l), " "))
		}
		if code != 0 || !strings.Contains(words.String(), want) {
			t.Errorf("%s: %d\n%swant\n%s", line, code, words.String(), want)
		}
	}
	for line, want := range map[string]string{
		"execution x7 --json": `"flow_execution_id": "x7"`, "calls --live --json": `"party": "contact"`, "trunks --json": `"name": "carrier"`,
	} {
		if code, out := ringflow(t, line); code != 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", line, code, out)
		}
	}
}

// TestWhatBecameOfBlockedCalls: the verbs tell them from busy ones, and why.
func TestWhatBecameOfBlockedCalls(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
	const sip = `"sip":{"code":603,"reason":"Network Blocked","trunk":"carrier","reason_text":"v=analytics1;url=https://example.com","call_info":"https://example.com/card"`
	asShop(t, played(t, map[string]http.HandlerFunc{
		"GET /v1/calls/x7": refusing(404, `{"code":"1","message":"call not found"}`),
		"GET /v1/executions/x7": answering(`{"flow_execution_id":"x7","flow_id":"f","status":"finished","accepted_at":"2026-11-22T09:00:00Z","started_at":"2026-11-22T09:00:00Z",
"steps":[{"name":"call","component":"make_outbound_call","started_at":"2026-11-22T09:00:01Z","duration_ms":1500,"exit":"busy",` + sip + `,"ended_by":"network"},"detail":"the network blocked the call"}]}`),
		"GET /v1/calls": answering(`{"calls":[{"flow_execution_id":"x7","legs":[{"party":"contact","to":"+12025550143","state":"ended","dialled_at":"2026-11-22T09:00:00Z",
"answered_at":null,"ended_at":"2026-11-22T09:00:01Z","ended_by":"network",` + sip + `}}]}],"next":null}`),
		"GET /v1/trunks": answering(`{"trunks":[{"name":"carrier","legs":0,"limit":null,"targets":["a:5060"],"last":{"exit":"busy","code":603,"reason":"Network Blocked","ended_by":"network",
"explanation":"Reason: v=analytics1;url=https://example.com","ended_at":"2026-11-22T09:00:01Z"}}],"next":null}`),
	}))
	const why = "603 Network Blocked; Reason: v=analytics1;url=https://example.com | Call-Info: https://example.com/card"
	for line, want := range map[string]string{
		"execution x7": "call make_outbound_call 2026-11-22 09:00:01 1.5s busy " + why + "; the network blocked the call\n",
		"calls":        "x7 contact +12025550143 ended 2026-11-22 09:00:00 network " + why + "\n",
		"trunks":       "carrier 0 - 0 a:5060 - - busy (blocked) 2026-11-22 09:00:01 603 Network Blocked; Reason: v=analytics1;url=https://example.com\n",
	} {
		code, out := ringflow(t, line)
		var words strings.Builder // the width of a column is the table's own affair
		for l := range strings.Lines(out) {
			fmt.Fprintln(&words, strings.Join(strings.Fields(l), " "))
		}
		if code != 0 || !strings.Contains(words.String(), want) {
			t.Errorf("%s: %d\n%swant\n%s", line, code, words.String(), want)
		}
	}
}

// TestWatchEndsAsTheExecutionDid: it tells the whole journal, also of what is over.
func TestWatchEndsAsTheExecutionDid(t *testing.T) {
	for status, want := range map[string]int{"finished": 0, "failed": 1} {
		asShop(t, played(t, map[string]http.HandlerFunc{"GET /v1/executions/x7": answering(`{"flow_execution_id":"x7"}`), "GET /v1/executions/x7/events": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Last-Event-ID") == "2" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			fmt.Fprint(w, "id: 1\nevent: key_pressed\ndata: {\"seq\":1,\"kind\":\"key_pressed\",\"step\":\"ask\"}\n\n"+
				"id: 2\nevent: execution_ended\ndata: {\"seq\":2,\"kind\":\"execution_ended\",\"status\":\""+status+"\"}\n\n")
		}}))
		if code, out := ringflow(t, "watch x7"); code != want || !strings.Contains(out, "key pressed ask") || !strings.Contains(out, "execution ended "+status) {
			t.Errorf("%s: %d %s", status, code, out)
		}
	}
}

// TestPromptsFromTheCommandLine: a push creates what is not there.
func TestPromptsFromTheCommandLine(t *testing.T) {
	var got []string
	stored := map[string]bool{}
	handle := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, r.Method+" "+r.URL.RequestURI()+" "+string(body))
		switch name := r.PathValue("name"); {
		case r.Method == http.MethodPost:
			stored[r.FormValue("name")] = true
			w.WriteHeader(http.StatusCreated)
		case !stored[name]:
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
			return
		}
		fmt.Fprint(w, `{"name":"hi.wav","duration_ms":1500}`)
	}
	asShop(t, played(t, map[string]http.HandlerFunc{
		"/v1/prompts/{name}": handle, "POST /v1/prompts": handle,
		"GET /v1/prompts": answering(`{"prompts":[{"name":"hi.wav","duration_ms":1500,"changed_at":"2026-11-22T09:00:00Z","used_by":["f","g"]},{"name":"fixed.wav","read_only":true,"fault":"AAC","used_by":[]}],"next":null}`),
	}))
	file := filepath.Join(t.TempDir(), "hi.wav")
	if err := os.WriteFile(file, []byte("RIFF"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if code, out := ringflow(t, "prompt push "+file); code != 0 || out != "hi.wav: stored, 1.5s\n" {
			t.Errorf("push: %d %s", code, out)
		}
	}
	if code, out := ringflow(t, "prompt delete hi.wav"); code != 0 || out != "hi.wav: deleted\n" {
		t.Errorf("delete: %d %s", code, out)
	}
	if want := "[PUT /v1/prompts/hi.wav RIFF POST /v1/prompts?name=hi.wav RIFF PUT /v1/prompts/hi.wav RIFF DELETE /v1/prompts/hi.wav ]"; fmt.Sprint(got) != want {
		t.Errorf("asked %v, want %s", got, want)
	}
	code, out := ringflow(t, "prompt list")
	if code != 0 || !strings.Contains(out, "f, g") || !strings.Contains(out, "configuration") || !strings.Contains(out, "unplayable: AAC") {
		t.Errorf("list: %d %s", code, out)
	}
}
