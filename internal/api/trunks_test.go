package api_test

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/sip"
)

func TestTrunks(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.Choices = func(account, from, to string) ([]call.TrunkChoice, error) {
			if to == "+7" {
				return nil, errors.New("+7 is not allowed")
			}
			return []call.TrunkChoice{{Trunk: "pinged", May: true, Reason: "from " + from + " to " + to}, {Trunk: "main", Reason: "no"}}, nil
		}
		c.Trunks = func(account string) []call.TrunkState {
			if account != "acme" {
				return nil
			}
			return []call.TrunkState{
				{Name: "main", Targets: []call.TargetState{{Address: "192.0.2.1:5060", Transport: sip.TLS, Certificate: time.Unix(2e9, 0), Health: sip.Health{InService: true}}}, Health: sip.Health{InService: true}, Legs: 3, Channels: 30,
					Last:         &call.TrunkResult{At: time.Unix(1e9, 0), Exit: "busy", Code: 486, Reason: "Busy Here", Target: "192.0.2.1:5060", Address: netip.MustParseAddrPort("192.0.2.1:5060"), Transport: sip.TLS},
					SessionTimer: 30 * time.Minute, MaxDuration: 4 * time.Hour, Connections: []sip.Connection{{Transport: sip.TLS, Addr: netip.MustParseAddrPort("192.0.2.1:5060"), Since: time.Unix(1e9, 0)}, {Transport: sip.TLS, Addr: netip.MustParseAddrPort("192.0.2.1:40000"), Accepted: true, Since: time.Unix(1e9+1, 0)}}},
				{Name: "spare", CallsPerSecond: .5, Queue: call.TrunkQueue{Waiting: 2, Oldest: 1500 * time.Millisecond}},
				{Name: "registered", Registration: sip.RegistrationState{Phase: sip.PhaseRegistered, Since: time.Unix(1e9, 0), Registrar: "reg.example.com", Address: netip.MustParseAddrPort("192.0.2.9:5060"),
					Contact: "sip:me@192.0.2.1", Until: time.Unix(1e9+60, 0), Next: time.Unix(1e9+40, 0), Result: "200 OK", Answered: time.Unix(1e9, 0)}},
				{Name: "refused", Registration: sip.RegistrationState{Phase: sip.PhaseFailed, Since: time.Unix(1e9, 0), Registrar: "reg.example.com", Result: "look up"}},
				{Name: "pinged", Health: sip.Health{InService: true}, Targets: []call.TargetState{
					{Address: "a:5060", Health: sip.Health{Since: time.Unix(1e9, 0), Until: time.Unix(1e9+90, 0), Reason: "503 Full"}, Reachability: sip.Reachability{State: sip.Unreachable, Since: time.Unix(1e9, 0), Pinged: time.Unix(1e9+60, 0), Result: "503 Service Unavailable"}},
					{Address: "b", Health: sip.Health{InService: true}, Reachability: sip.Reachability{State: sip.ReachUnknown, Since: time.Unix(1e9, 0)}}}},
			}
		}
	})
	const want = `{"trunks":[{"name":"main","targets":["192.0.2.1:5060"],"service":[{"target":"192.0.2.1:5060","transport":"tls","certificate_expires_at":"2033-05-18T03:33:20Z","in_service":true,"since":null,"until":null,"reason":""}],"in_service":true,"legs":3,"limit":30,"srtp":"off","calls_per_second":null,"waiting":0,"oldest_wait_ms":null,"session_timer_seconds":1800,"max_duration_seconds":14400,"connections":[{"transport":"tls","address":"192.0.2.1:5060","opened_by":"us","since":"2001-09-09T01:46:40Z"},{"transport":"tls","address":"192.0.2.1:40000","opened_by":"far_end","since":"2001-09-09T01:46:41Z"}],"last":{"ended_at":"2001-09-09T01:46:40Z","exit":"busy","code":486,"reason":"Busy Here","target":"192.0.2.1:5060","address":"192.0.2.1:5060","transport":"tls"}},` +
		`{"name":"spare","targets":[],"service":[],"in_service":false,"legs":0,"limit":null,"srtp":"off","calls_per_second":0.5,"waiting":2,"oldest_wait_ms":1500,"session_timer_seconds":null,"max_duration_seconds":0,"connections":[],"last":null},` +
		`{"name":"registered","targets":[],"service":[],"in_service":false,"legs":0,"limit":null,"srtp":"off","calls_per_second":null,"waiting":0,"oldest_wait_ms":null,"session_timer_seconds":null,"max_duration_seconds":0,"connections":[],"last":null,"registration":{"state":"registered","since":"2001-09-09T01:46:40Z","registrar":"reg.example.com","address":"192.0.2.9:5060","contact":"sip:me@192.0.2.1","until":"2001-09-09T01:47:40Z","next_at":"2001-09-09T01:47:20Z","result":"200 OK","answered_at":"2001-09-09T01:46:40Z"}},` +
		`{"name":"refused","targets":[],"service":[],"in_service":false,"legs":0,"limit":null,"srtp":"off","calls_per_second":null,"waiting":0,"oldest_wait_ms":null,"session_timer_seconds":null,"max_duration_seconds":0,"connections":[],"last":null,"registration":{"state":"failed","since":"2001-09-09T01:46:40Z","registrar":"reg.example.com","address":"","contact":"","until":null,"next_at":null,"result":"look up","answered_at":null}},` +
		`{"name":"pinged","targets":["a:5060","b"],"service":[{"target":"a:5060","transport":"udp","certificate_expires_at":null,"in_service":false,"since":"2001-09-09T01:46:40Z","until":"2001-09-09T01:48:10Z","reason":"503 Full"},{"target":"b","transport":"udp","certificate_expires_at":null,"in_service":true,"since":null,"until":null,"reason":""}],"in_service":true,"legs":0,"limit":null,"srtp":"off","calls_per_second":null,"waiting":0,"oldest_wait_ms":null,"session_timer_seconds":null,"max_duration_seconds":0,"connections":[],"last":null,"pings":[` +
		`{"target":"a:5060","state":"unreachable","since":"2001-09-09T01:46:40Z","pinged_at":"2001-09-09T01:47:40Z","result":"503 Service Unavailable"},` +
		`{"target":"b","state":"unknown","since":"2001-09-09T01:46:40Z","pinged_at":null,"result":""}]}],"next":null}` + "\n"
	if got := w.do("GET", "/v1/trunks", "reader", "").Body.String(); got != want {
		t.Error(got)
	}
	if got := w.do("GET", "/v1/trunks?from=%2B12025550100", "reader", ""); got.Code != 400 || !strings.Contains(got.Body.String(), "goes with to") {
		t.Errorf("from alone is answered %d %s", got.Code, got.Body)
	}
	if got := w.do("GET", "/v1/trunks?to=%2B7", "reader", ""); got.Code != 400 || !strings.Contains(got.Body.String(), "+7 is not allowed") {
		t.Errorf("a number that may not be called is answered %d %s", got.Code, got.Body)
	}
	chosen := regexp.MustCompile(`"name":"(\w+)"|"choice":(\{[^}]*\})`).FindAllString(w.do("GET", "/v1/trunks?to=%2B4930&from=%2B12025550100", "reader", "").Body.String(), -1)
	if want := []string{`"name":"pinged"`, `"choice":{"may":true,"reason":"from +12025550100 to +4930"}`, `"name":"main"`, `"choice":{"may":false,"reason":"no"}`, `"name":"spare"`, `"name":"registered"`, `"name":"refused"`}; !slices.Equal(chosen, want) {
		t.Errorf("the trunks for a number are %v", chosen)
	}
	for _, other := range []string{w.do("GET", "/v1/trunks", "stranger", "").Body.String(), newWorld(t, nil).do("GET", "/v1/trunks", "reader", "").Body.String()} {
		if other != `{"trunks":[],"next":null}`+"\n" {
			t.Error(other)
		}
	}
}
