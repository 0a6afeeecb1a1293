package main_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// scenariosAtOnce is how many scenarios run at once of those that need no trunk of their
// own, each on a server of its own; those of another trunk share one server.
const scenariosAtOnce = 12

func TestScenarios(t *testing.T) {
	servers := newScenarioServers(t)
	byTrunk := map[string][]outsider{}
	for _, s := range scenarios() {
		key := fmt.Sprintf("%+v", s.trunk)
		byTrunk[key] = append(byTrunk[key], outsider{s.name(), func(t *testing.T) { s.run(t, servers) }})
	}
	var running sync.WaitGroup
	for key, tests := range byTrunk {
		atOnce := 1
		if key == fmt.Sprintf("%+v", trunk{}) {
			atOnce = scenariosAtOnce
		}
		running.Go(func() { together(t, atOnce, tests) })
	}
	running.Wait()
	servers.endAll(t)
}

func TestEveryScenarioFileIsRun(t *testing.T) {
	var run []string
	for _, s := range scenarios() {
		run = append(run, s.file)
	}
	entries, err := os.ReadDir("../../testdata/sipp")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".xml"); ok && !slices.Contains(run, name) {
			t.Errorf("testdata/sipp/%s is run by nothing: add it to scenarios()", e.Name())
		}
	}
}

// scenarios is every behaviour of a far end that Ringflow must stand, the slow
// ones first.
func scenarios() []scenario {
	return slices.Concat(ringing(), refusals(), answers(), digestScenarios(), dialogs(), outsiders(), twoLegs(), identities(), overTCP(), ipv6Scenarios())
}

// refusals is the table of exits, answer by answer.
func refusals() []scenario {
	var out []scenario
	refuse := func(exit, status string, codes ...int) {
		for _, code := range codes {
			out = append(out, scenario{
				file: "refuses", performance: performance{code: code, reason: "As The Carrier Says"},
				flow: "hangup", exit: exit, sip: code, status: status,
			})
		}
	}
	refuse("busy", "", 486, 600, 603, 607, 608)
	refuse("invalid_number", "", 404, 410, 414, 416, 484, 485, 604)
	refuse("no_answer", "", 408, 480, 487)
	refuse("error", "failed", 400, 405, 420, 488, 500, 503, 504, 606)
	refuse("error", "failed", 403)
	out[len(out)-1].detail = "answered 403 As The Carrier Says and asked for no credentials. Carriers mean by it: "
	cause := func(exit, status string, code, q850 int, text string) {
		out = append(out, scenario{
			file: "refuses-with-q850-cause", performance: performance{code: code, reason: "Whatever", args: []string{"-key", "cause", text}},
			flow: "hangup", exit: exit, sip: code, cause: q850, status: status,
		})
	}
	cause("busy", "", 480, 17, "17")
	cause("invalid_number", "", 503, 1, "1")
	cause("no_answer", "", 486, 19, "19")
	cause("error", "failed", 404, 34, "34")
	cause("no_answer", "", 480, 16, "16") // the table has no row for 16: the code decides
	return append(append(out, explained()...),
		scenario{file: "declines-after-ringing-603", flow: "hangup", exit: "busy", sip: 603, ended: "contact"},
		redirects(300, "Multiple Choices"), redirects(301, "Moved Permanently"), redirects(302, "Moved Temporarily"),
		redirects(305, "Use Proxy"), redirects(380, "Alternative Service"),
	)
}

// explained is refusals that say why. Whoever ended the leg is told from that where
// the code does not tell.
func explained() []scenario {
	const redress = "v=analytics1;url=https://example.com/redress;email=help@example.com;tel=+12025550199;id=a-7_b"
	var out []scenario
	says := func(name string, code int, phrase, exit string, by record.EndedBy, cause int, text, warning, callInfo, first, second string) {
		s := scenario{
			file: "refuses-and-says-why", is: name, performance: performance{code: code, reason: phrase, args: []string{"-key", "first", first, "-key", "second", second}},
			flow: "hangup", exit: exit, sip: code, cause: cause, ended: by,
			then: func(t *testing.T, x execution, _ *farEnd) {
				got := x.step(t, "call_contact").SIP
				if record.EndedBy(got.EndedBy) != by || got.ReasonText != text || got.Warning != warning || got.CallInfo != callInfo {
					t.Errorf("the step has %+v, want ended by %s, %q, %q, %q", got, by, text, warning, callInfo)
				}
			},
		}
		if exit == "error" {
			s.status = "failed"
		}
		out = append(out, s)
	}
	const plus = `Reason: SIP;cause=603;text="` + redress + `";location=RLN`
	says("603+", 603, "Network Blocked", "busy", "network", 0, redress, "", "", plus, "X-Other: 1")
	says("603+ beside Q.850 17", 603, "Network Blocked", "busy", "network", 17, redress, "", "", "REASON: Q.850 ;cause = 17", "reason:"+plus[len("Reason:"):])
	says("603+ by Q.850 alone", 603, "Decline", "busy", "network", 21, redress, "", "", `Reason: Q.850;cause=21;text="`+redress+`";location=LN`, "X-Other: 1")
	says("603 by a person", 603, "Decline", "busy", "contact", 21, "Decline | CALL_REJECTED", "", "", `Reason: SIP;cause=603;text="Decline"`, `Reason: Q.850;cause=21;text="CALL_REJECTED"`)
	says("607", 607, "Unwanted", "busy", "network", 0, "", "", "", "X-Other: 1", "X-Other: 2")
	says("608", 608, "Rejected", "busy", "network", 0, "", "", "https://example.com/card?a=b,c", "Call-Info: <https://example.com/card?a=b,c>;purpose=jwscard", "X-Other: 1")
	says("488 with a Warning", 488, "Not Acceptable Here", "error", "trunk", 0, "", "304 sbc.example.com: Media type not available", "", `Warning: 304 sbc.example.com "Media type not available"`, "X-Other: 1")
	says("404 with quotes in its Reason", 404, "Not Found", "invalid_number", "trunk", 1, `No "such" number`, "", "", `Reason: Q.850;cause=1;text="No \"such\" number"`, "X-Other: 1")
	return out
}

// redirects is a far end that points elsewhere: nobody is called there.
func redirects(code int, reason string) scenario {
	return scenario{
		file: "redirects", performance: performance{code: code, reason: reason}, flow: "hangup", exit: "error", sip: code, status: "failed", ended: "trunk",
		detail: "redirections are not followed; this one points to sip:elsewhere@192.0.2.9:5062;user=phone (q=0.7), sip:other@127.",
	}
}

// ringing is what can happen between the INVITE and the end of its ring time.
func ringing() []scenario {
	const ring = 10 * time.Second // of the flow hangup
	return []scenario{
		{file: "never-ends-after-cancel", performance: performance{args: []string{"-d", "35000"}}, flow: "hangup", exit: "no_answer", limit: time.Minute, endsWithin: 10 * time.Second},
		{file: "rings-forever-expects-cancel", flow: "hangup", exit: "no_answer", sip: 487, at: ring, ended: "ring_limit"},
		{file: "trying-only-expects-cancel", flow: "hangup", exit: "no_answer", sip: 487, at: ring + 10*time.Second},
		{file: "silent-expects-no-cancel", performance: performance{args: []string{"-d", "25000"}}, flow: "hangup", exit: "error", status: "failed", endsWithin: 15 * time.Second, detail: "sent no reply at all in 20 s: check host and port"},
		{file: "answers-under-another-via", performance: performance{args: []string{"-d", "25000"}}, flow: "hangup", exit: "error", status: "failed", endsWithin: 15 * time.Second,
			detail: "sent no reply that could be taken: SIP/2.0 486 Busy Here from "},
		{file: "rings-late-expects-cancel-counted-from-180", flow: "hangup", exit: "no_answer", sip: 487, at: 4*time.Second + ring},
		{file: "early-media-only-expects-cancel", flow: "hangup", exit: "no_answer", sip: 487, at: ring},
		{file: "answers-crossing-cancel-expects-ack-and-bye", flow: "hangup", exit: "no_answer", at: ring},
		{file: "refuses-cancel-481-then-answers-expects-ack-and-bye", flow: "hangup", exit: "no_answer", at: ring + 500*time.Millisecond},
		{file: "ignores-cancel-and-answers-expects-ack-and-bye", flow: "hangup", exit: "no_answer", at: ring, endsWithin: 40 * time.Second},
		{file: "ignores-cancel-but-ends-487", flow: "hangup", exit: "no_answer", sip: 487, at: ring + time.Second, endsWithin: 40 * time.Second},
		{file: "delays-487-three-seconds", flow: "hangup", exit: "no_answer", sip: 487, at: ring + 3*time.Second},
		{file: "repeats-180-twelve-times-then-answers", flow: "hangup", exit: "answered", sip: 200},
		{file: "reports-181-182-183-199-then-answers", flow: "hangup", exit: "answered", sip: 200},
		{file: "rings-reliably-expects-prack", flow: "hangup", exit: "answered", sip: 200},
		{file: "early-media-183-then-answers-without-sdp", flow: "chirp", exit: "answered", sip: 200},
		{file: "early-media-183-then-answers", flow: "chirp", exit: "answered", sip: 200},
		{file: "forks-with-early-media-then-the-first-answers", flow: "chirp", exit: "answered", sip: 200},
		{file: "updates-early-media-then-answers", flow: "chirp", exit: "answered", sip: 200},
		{file: "offers-by-update-while-ours-is-open-expects-491", flow: "hangup", exit: "answered", sip: 200},
		{file: "rings-a-while-then-answers-and-logs-who-was-dialled", flow: "hangup", exit: "answered", sip: 200},
	}
}

// answers is the ways to answer, and to hang up.
func answers() []scenario {
	once := performance{args: []string{"-nr"}}
	return []scenario{
		{file: "answers-expects-bye", flow: "hangup", exit: "answered", sip: 200, ended: "flow"},
		{file: "answers-then-hangs-up", flow: "play", exit: "answered", sip: 200, ended: "contact"},
		{file: "hangs-up-at-once", flow: "play", exit: "answered", sip: 200},
		{file: "answers-with-another-tag-than-180", flow: "hangup", exit: "answered", sip: 200},
		{file: "forked-second-200-expects-ack-and-bye-on-its-tag", flow: "chirp", exit: "answered", sip: 200},
		{file: "forked-200-after-the-end-expects-ack-and-bye", flow: "hangup", exit: "answered", sip: 200},
		{file: "refuses-486-then-another-fork-answers", flow: "hangup", exit: "busy", sip: 486},
		{file: "hears-the-third-invite-only", flow: "hangup", exit: "answered", sip: 200},
		{file: "hangs-up-with-reason", flow: "play", exit: "answered", sip: 200, ended: "contact", endCause: 31},
		{file: "repeats-200-expects-an-ack-each", performance: once, flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-pcma-only", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-without-telephone-event", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-asking-for-30-ms-packets", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-in-compact-form", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-with-record-route-expects-route", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-in-a-multipart-body", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-with-a-quoted-contact-expects-it-back", flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-with-a-text-expects-bye", flow: "hangup", exit: "error", status: "failed", ended: "fault",
			detail: "the answer has no SDP that can be read: Content-Type text/plain; charset=utf-8"},
		{file: "answers-without-sdp-expects-bye", flow: "hangup", exit: "error", status: "failed"},
		{file: "answers-with-unusable-codec-expects-bye", flow: "hangup", exit: "error", status: "failed", ended: "fault"},
		{file: "answers-srtp-under-another-tag-expects-bye", trunk: trunk{srtp: "required"}, flow: "hangup", exit: "error", status: "failed", ended: "fault", detail: "tag 9 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		{file: "reinvite-from-srtp-to-plain-expects-488", trunk: trunk{srtp: "required"}, flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-with-port-zero-expects-bye", flow: "hangup", exit: "error", status: "failed"},
		{file: "answers-on-hold", flow: "chirp", exit: "answered", sip: 200},
		{file: "bye-crossing-bye", flow: "hangup", exit: "answered", sip: 200},
		{file: "answers-bye-481", flow: "hangup", exit: "answered", sip: 200},
		{file: "never-answers-bye", performance: performance{args: []string{"-d", "8000"}}, flow: "hangup", exit: "answered", sip: 200, limit: 45 * time.Second, endsWithin: 40 * time.Second},
	}
}

// dialogs is what a far end may want in the middle of a call.
func dialogs() []scenario {
	var out []scenario
	for _, file := range []string{
		"reinvite-hold-and-back", "reinvite-inactive-and-back", "reinvite-hold-by-zero-address",
		"reinvite-changes-port", "reinvite-changes-codec", "reinvite-without-sdp-expects-offer",
		"reinvite-unusable-expects-488", "reinvite-requires-100rel-expects-200", "update-expects-200", "options-in-dialog-expects-200", "info-of-an-unknown-type-expects-415",
		"unknown-method-in-dialog-expects-405-or-501", "repeats-bye-in-order-expects-481",
	} {
		out = append(out, scenario{file: file, flow: "chirp", exit: "answered", sip: 200})
	}
	return append(out, scenario{
		file: "info-dtmf-expects-200", flow: "keys", exit: "answered", sip: 200,
		then: func(t *testing.T, x execution, _ *farEnd) {
			if got := x.Variables["digits"]; got != "5" {
				t.Errorf("digits is %q, want the key that came by INFO, 5", got)
			}
		},
	})
}

// outsiders is what comes from nobody whom Ringflow has called.
func outsiders() []scenario {
	return []scenario{
		{file: "options-ping-expects-200"},
		{file: "invite-from-outside-expects-403"},
		{file: "bye-of-no-dialog-expects-481"},
		{file: "cancel-of-no-invite-expects-481"},
		{file: "message-from-outside-is-refused"},
	}
}

// overTCP is what a trunk with transport tcp meets, of each part something: the far end
// has one connection, over which the requests of both sides go.
func overTCP() (out []scenario) {
	runs := map[string]bool{}
	for _, file := range []string{
		"answers-expects-bye", "answers-then-hangs-up", "rings-forever-expects-cancel", "rings-reliably-expects-prack", "challenges-bye-407-expects-credentials",
		"reinvite-hold-and-back", "info-dtmf-expects-200", "answers-with-record-route-expects-route", "both-answer-agent-hangs-up", "refuses-and-says-why",
	} {
		runs[file] = true
	}
	for _, s := range slices.Concat(ringing(), refusals(), answers(), digestScenarios(), dialogs(), twoLegs()) {
		if runs[s.file] {
			delete(runs, s.file) // one of each
			s.is, s.trunk.transport = s.is+" over TCP", "tcp"
			out = append(out, s)
		}
	}
	return out
}

// twoLegs is what can happen when the contact is joined with an agent.
func twoLegs() []scenario {
	both := performance{calls: 2}
	out := []scenario{
		{file: "both-answer-agent-hangs-up", performance: both, exit: "ok", sip: 200},
		{file: "both-answer-customer-hangs-up", performance: both, exit: "ok", sip: 200},
		{file: "agent-knows-only-pcma", performance: both, exit: "ok", sip: 200},
		{file: "agent-sends-early-media", performance: both, exit: "ok", sip: 200},
		{file: "agent-sees-the-contact-number", performance: both, exit: "ok", sip: 200},
		{file: "agent-holds-and-takes-back", performance: both, exit: "ok", sip: 200},
		{file: "agent-rings-forever", performance: both, exit: "no_answer", sip: 487, at: 5 * time.Second},
		{file: "customer-hangs-up-while-agent-rings-expects-cancel", performance: both, exit: "call_aborted"},
		{file: "agent-answers-crossing-cancel-expects-ack-and-bye", performance: both, exit: "call_aborted"},
	}
	for _, r := range []struct {
		code int
		exit string
	}{{486, "busy"}, {603, "busy"}, {404, "invalid_number"}, {480, "no_answer"}, {403, "failed"}} {
		out = append(out, scenario{
			file: "agent-refuses", performance: performance{calls: 2, code: r.code, reason: "No"}, exit: r.exit, sip: r.code,
			then: func(t *testing.T, x execution, _ *farEnd) {
				if s := x.step(t, "regret"); s.Exit != "ok" || s.DurationMS < 1900 {
					t.Errorf("the customer did not hear the regret to its end: %+v", s)
				}
			},
		})
	}
	for i := range out {
		out[i].flow, out[i].step = "join", "agent"
	}
	return out
}
