package call

import (
	"fmt"
	"slices"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

func TestEverySIPAnswerHasItsExit(t *testing.T) {
	named := map[int]flowfile.Exit{
		486: "busy", 600: "busy", 603: "busy", 607: "busy", 608: "busy",
		404: "invalid_number", 410: "invalid_number", 414: "invalid_number", 416: "invalid_number",
		484: "invalid_number", 485: "invalid_number", 604: "invalid_number",
		408: "no_answer", 480: "no_answer", 487: "no_answer",
	}
	for code := 300; code < 700; code++ {
		want, ok := named[code]
		if !ok {
			want = "error"
		}
		if got := exitOf(sip.Outcome{Code: code, By: sip.EndedRemote}, nil); got != want {
			t.Errorf("%d leaves by %s, want %s", code, got, want)
		}
	}
}

func TestQ850CauseOverridesTheCode(t *testing.T) {
	named := map[int]flowfile.Exit{
		17: "busy", 21: "busy", 1: "invalid_number", 3: "invalid_number", 22: "invalid_number", 28: "invalid_number",
		18: "no_answer", 19: "no_answer", 20: "no_answer",
		34: "error", 38: "error", 41: "error", 42: "error", 44: "error", 47: "error",
	}
	for cause := 0; cause < 128; cause++ {
		want, ok := named[cause]
		if !ok {
			want = "busy" // what the code says
		}
		if got := exitOf(sip.Outcome{Code: 486, Q850: cause, By: sip.EndedRemote}, nil); got != want {
			t.Errorf("486 with cause %d leaves by %s, want %s", cause, got, want)
		}
	}
}

func TestWhoEndedItComesBeforeTheCode(t *testing.T) {
	trunk := map[int]flowfile.Exit{486: "no_answer", 487: "busy"}
	for _, c := range []struct {
		o    sip.Outcome
		want flowfile.Exit
	}{
		{sip.Outcome{Answered: true, Code: 200, By: sip.EndedRemote}, "answered"},
		{sip.Outcome{Code: 487, By: sip.EndedRingLimit}, "no_answer"},
		{sip.Outcome{Code: 487, Q850: 17, By: sip.EndedSetupLimit}, "no_answer"},
		{sip.Outcome{Code: 486, Q850: 17, By: sip.EndedRemote}, "no_answer"}, // the trunk's own reading
		{sip.Outcome{By: sip.EndedNoReply}, "error"},
		{sip.Outcome{By: sip.EndedTransport}, "error"},
		{sip.Outcome{Code: 407, By: sip.EndedCredentialsRefused}, "error"},
		{sip.Outcome{Code: 407, By: sip.EndedStaleNonce}, "error"},
		{sip.Outcome{Code: 486, By: sip.EndedLocal}, "error"},
	} {
		if got := exitOf(c.o, trunk); got != c.want {
			t.Errorf("%+v leaves by %s, want %s", c.o, got, c.want)
		}
	}
}

func TestNoReasonStandsTwice(t *testing.T) {
	var codes, causes []int
	for _, r := range ExitRules() {
		codes, causes = append(codes, r.Codes...), append(causes, r.Causes...)
	}
	for _, list := range [][]int{codes, causes} {
		sorted := slices.Sorted(slices.Values(list))
		if len(slices.Compact(slices.Clone(sorted))) != len(list) {
			t.Errorf("a row repeats another: %v", sorted)
		}
	}
}

func TestKeysByINFO(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"},
		{"Application/DTMF-Relay; charset=x", "Duration=160\nsignal= # \n", "#"},
		{"application/dtmf-relay", "Signal=11\r\n", "#"},
		{"application/dtmf", "*", "*"},
		{"application/dtmf", "a\r\n", "A"},
		{"application/dtmf", "12", ""},
		{"application/dtmf-relay", "Signal=\r\n", ""},
		{"application/sdp", "5", ""},
		{"", "", ""},
	} {
		got := ""
		if key, ok := infoDigit(c.kind, []byte(c.body)); ok {
			got = fmt.Sprintf("%c", key)
		}
		if got != c.want {
			t.Errorf("%s %q is %q, want %q", c.kind, c.body, got, c.want)
		}
	}
}

func FuzzInfoKey(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\n"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if k, ok := infoDigit(kind, body); ok && !slices.Contains([]rune("0123456789*#ABCD"), k) {
			t.Errorf("%q is no key", k)
		}
	})
}
