package api_test

import (
	"net/netip"
	"testing"
	"time"

	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/sip"
)

func TestTrunks(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.Trunks = func(account string) []call.TrunkState {
			if account != "acme" {
				return nil
			}
			return []call.TrunkState{
				{Name: "main", Targets: []call.TargetState{{Address: "192.0.2.1:5060", Health: sip.Health{InService: true}}}, Legs: 3, Channels: 30,
					Last: &call.TrunkResult{At: time.Unix(1e9, 0), Exit: "busy", Code: 486, Reason: "Busy Here"}},
				{Name: "spare"},
				{Name: "registered", Registration: sip.RegistrationState{Phase: sip.PhaseRegistered, Since: time.Unix(1e9, 0), Registrar: "reg.example.com", Address: netip.MustParseAddrPort("192.0.2.9:5060"),
					Contact: "sip:me@192.0.2.1", Until: time.Unix(1e9+60, 0), Next: time.Unix(1e9+40, 0), Result: "200 OK", Answered: time.Unix(1e9, 0)}},
				{Name: "refused", Registration: sip.RegistrationState{Phase: sip.PhaseFailed, Since: time.Unix(1e9, 0), Registrar: "reg.example.com", Result: "look up"}},
				{Name: "pinged", Targets: []call.TargetState{
					{Address: "a:5060", Health: sip.Health{Since: time.Unix(1e9, 0), Until: time.Unix(1e9+90, 0), Reason: "503 Full"}, Reachability: sip.Reachability{State: sip.Unreachable, Since: time.Unix(1e9, 0), Pinged: time.Unix(1e9+60, 0), Result: "503 Service Unavailable"}},
					{Address: "b", Health: sip.Health{InService: true}, Reachability: sip.Reachability{State: sip.ReachUnknown, Since: time.Unix(1e9, 0)}}}},
			}
		}
	})
	const want = `{"trunks":[{"name":"main","targets":["192.0.2.1:5060"],"service":[{"target":"192.0.2.1:5060","in_service":true,"since":null,"until":null,"reason":""}],"legs":3,"limit":30,"srtp":"off","last":{"ended_at":"2001-09-09T01:46:40Z","exit":"busy","code":486,"reason":"Busy Here"}},` +
		`{"name":"spare","targets":[],"service":[],"legs":0,"limit":null,"srtp":"off","last":null},` +
		`{"name":"registered","targets":[],"service":[],"legs":0,"limit":null,"srtp":"off","last":null,"registration":{"state":"registered","since":"2001-09-09T01:46:40Z","registrar":"reg.example.com","address":"192.0.2.9:5060","contact":"sip:me@192.0.2.1","until":"2001-09-09T01:47:40Z","next_at":"2001-09-09T01:47:20Z","result":"200 OK","answered_at":"2001-09-09T01:46:40Z"}},` +
		`{"name":"refused","targets":[],"service":[],"legs":0,"limit":null,"srtp":"off","last":null,"registration":{"state":"failed","since":"2001-09-09T01:46:40Z","registrar":"reg.example.com","address":"","contact":"","until":null,"next_at":null,"result":"look up","answered_at":null}},` +
		`{"name":"pinged","targets":["a:5060","b"],"service":[{"target":"a:5060","in_service":false,"since":"2001-09-09T01:46:40Z","until":"2001-09-09T01:48:10Z","reason":"503 Full"},{"target":"b","in_service":true,"since":null,"until":null,"reason":""}],"legs":0,"limit":null,"srtp":"off","last":null,"pings":[` +
		`{"target":"a:5060","state":"unreachable","since":"2001-09-09T01:46:40Z","pinged_at":"2001-09-09T01:47:40Z","result":"503 Service Unavailable"},` +
		`{"target":"b","state":"unknown","since":"2001-09-09T01:46:40Z","pinged_at":null,"result":""}]}],"next":null}` + "\n"
	if got := w.do("GET", "/v1/trunks", "reader", "").Body.String(); got != want {
		t.Error(got)
	}
	for _, other := range []string{w.do("GET", "/v1/trunks", "stranger", "").Body.String(), newWorld(t, nil).do("GET", "/v1/trunks", "reader", "").Body.String()} {
		if other != `{"trunks":[],"next":null}`+"\n" {
			t.Error(other)
		}
	}
}
