package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ringflow/numbers"
	"ringflow/sip"
)

// Trunks are chosen by the caller's number, the destination and their priority, in order, with the
// reason.
func TestTrunkChoice(t *testing.T) {
	const berlin, vienna = "+4930901820", "+43190909090"
	trunk := func(name string, change func(*Trunk)) *Trunk {
		out := &Trunk{Trunk: sip.Trunk{Name: name}}
		if change != nil {
			change(out)
		}
		return out
	}
	to := func(values ...string) func(*Trunk) { return func(t *Trunk) { t.Destinations = values } }
	for name, c := range map[string]struct {
		trunks   []*Trunk
		from, to numbers.E164
		may, not []string
	}{
		"one that takes all": {[]*Trunk{trunk("a", nil)}, "+49301", berlin, []string{"a: it takes every call"}, nil},
		"in order":           {[]*Trunk{trunk("b", nil), trunk("a", nil)}, "+49301", berlin, []string{"b: it takes every call", "a: it takes every call"}, nil},
		"by prefix": {[]*Trunk{trunk("at", to("+43")), trunk("de", to("+49", "+4930")), trunk("rest", nil)}, "+49301", berlin,
			[]string{"de: +4930901820 matches prefix +4930", "rest: it takes every call"}, []string{"at: +4930901820 matches none of +43"}},
		"by country": {[]*Trunk{trunk("at", to("AT")), trunk("de", to("DE"))}, "+49301", vienna,
			[]string{"at: +43190909090 matches country AT"}, []string{"de: +43190909090 matches none of DE"}},
		"by caller": {[]*Trunk{trunk("x", func(t *Trunk) { t.Callers = []numbers.E164{"+49302"} }), trunk("y", func(t *Trunk) { t.Callers, t.Destinations = []numbers.E164{"+49301"}, []string{"DE"} })},
			"+49301", berlin, []string{"y: it takes calls from +49301, +4930901820 matches country DE"}, []string{"x: it takes no calls from +49301"}},
		"by priority": {[]*Trunk{trunk("c", func(t *Trunk) { t.Priority = 2 }), trunk("a", nil), trunk("b", func(t *Trunk) { t.Priority = 1 })}, "+49301", berlin,
			[]string{"a: it takes every call", "b: it takes every call", "c: it takes every call"}, nil},
		"by weight": {[]*Trunk{trunk("a", func(t *Trunk) { t.Weight = 30 }), trunk("b", func(t *Trunk) { t.Weight = 70 }), trunk("c", nil)}, "+49301", berlin,
			[]string{"a: it takes every call, weight 30 of 100", "b: it takes every call, weight 70 of 100", "c: it takes every call"}, nil},
	} {
		var may, not []string
		for _, choice := range (&Account{Trunks: c.trunks}).choices(c.from, c.to) {
			text := fmt.Sprintf("%s: %s", choice.Trunk, choice.Reason)
			if choice.May {
				may = append(may, text)
			} else {
				not = append(not, text)
			}
		}
		if !slices.Equal(may, c.may) || !slices.Equal(not, c.not) {
			t.Errorf("%s: %q, not %q", name, may, not)
		}
	}
}

// Calls that share trunks by weight come to each in its proportion, within five standard
// deviations of 10,000 draws.
func TestTrunksShareByWeight(t *testing.T) {
	a := &Account{Trunks: []*Trunk{{Trunk: sip.Trunk{Name: "a"}, Share: sip.Share{Weight: 70}}, {Trunk: sip.Trunk{Name: "b"}, Share: sip.Share{Weight: 30}}, {Trunk: sip.Trunk{Name: "c"}}}}
	first := map[string]int{}
	for range 10_000 {
		got := a.candidates("+1", "+1")
		first[got[0].trunk.Name]++
		if got[2].trunk.Name != "c" {
			t.Fatalf("the last is %s", got[2].trunk.Name)
		}
	}
	if n := first["a"]; n < 7000-230 || n > 7000+230 || first["b"] != 10_000-n {
		t.Errorf("the first are %v", first)
	}
}

// A rule matches whole words of the phrase or of an explanation, whatever their case.
func TestResponseRules(t *testing.T) {
	trunk := &Trunk{Responses: []ResponseRule{
		{Code: 403, Text: "D1", Then: RuleWait}, {Code: 403, Text: "d35", Then: "invalid_number"}, {Code: 503, Text: "channel limit", Then: RuleWait},
		{Code: 480, Then: RuleNext}, {Code: 403, Text: "32204", Then: "error", Means: "From is no verified number"}, {Code: 403, Then: "blocked"},
	}}
	for _, c := range []struct {
		refusal sip.Refusal
		want    string
	}{
		{sip.Refusal{Code: 403, Reason: "Channel Limit Exceeded D1"}, RuleWait},
		{sip.Refusal{Code: 403, Reason: "(d1)"}, RuleWait},
		{sip.Refusal{Code: 403, Reason: "Caller Origination Number is Invalid D35"}, "invalid_number"},
		{sip.Refusal{Code: 403, Reason: "Whatever D13"}, "blocked"},
		{sip.Refusal{Code: 403, Reason: "Forbidden", Explanation: sip.Explanation{Warnings: []string{"X-Twilio-Error: 32204 Bad From"}}}, "error"},
		{sip.Refusal{Code: 403, Reason: "Forbidden", Explanation: sip.Explanation{Reasons: []sip.ReasonValue{{Text: "limit D1 reached"}}}}, RuleWait},
		{sip.Refusal{Code: 503, Reason: "CHANNEL  Limit Reached"}, RuleWait},
		{sip.Refusal{Code: 503, Reason: "Funds Required"}, ""},
		{sip.Refusal{Code: 480, Reason: ""}, RuleNext},
		{sip.Refusal{Code: 404, Reason: "D1"}, ""},
	} {
		got := ""
		if rule := trunk.rule(c.refusal); rule != nil {
			got = rule.Then
		}
		if got != c.want {
			t.Errorf("%+v is %q, want %q", c.refusal, got, c.want)
		}
	}
	if strings.Join(split("a, B-1"), " ") != "a b 1" {
		t.Error("words")
	}
}
