package call

import (
	"slices"
	"strings"
	"unicode"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

// ResponseRule is what a final response of a carrier means that means another thing by its code, or
// several things, which its text tells apart.
type ResponseRule struct {
	Code int
	// Text are words of the reason phrase, or of the text of Reason or Warning, whatever their
	// case; empty: any. D1 is none of the words of "Limit D13".
	Text string
	// Then is RuleNext, RuleWait or an exit.
	Then  string
	Means string // for people, in the step's detail; may be empty
}

// What follows a response beside the exits.
const (
	// RuleNext has the call go on to the next target, and then to another trunk.
	RuleNext = "next"
	// RuleWait says that a limit of the carrier's is reached: the trunk takes no call for a while,
	// longer each time in a row, and the call goes over another trunk or waits for this one.
	RuleWait = "wait"
)

// Overridable are the exits that a trunk may map a response to.
func Overridable() []flowfile.Exit {
	return []flowfile.Exit{flowfile.ExitBusy, flowfile.ExitInvalidNumber, flowfile.ExitNoAnswer, flowfile.ExitError, flowfile.ExitBlocked}
}

// rule is the first rule of the trunk for a refusal, nil if there is none.
func (t *Trunk) rule(r sip.Refusal) *ResponseRule {
	for i := range t.Responses {
		rule := &t.Responses[i]
		if rule.Code == r.Code && (hasWords(r.Reason, rule.Text) || hasWords(r.Explanation.Text(), rule.Text) || hasWords(r.Explanation.Warning(), rule.Text)) {
			return rule
		}
	}
	return nil
}

// ruleOf is the rule for the response that ended a leg, nil if none did.
func (t *Trunk) ruleOf(o sip.Outcome) *ResponseRule {
	if o.Answered || o.By != sip.EndedRemote {
		return nil
	}
	return t.rule(sip.Refusal{Code: o.Code, Reason: o.Reason, Explanation: o.Explanation})
}

// decide is the Decide of an INVITE over the trunk.
func (t *Trunk) decide(r sip.Refusal) sip.Decision {
	switch rule := t.rule(r); {
	case rule == nil:
		return sip.DecideByCode
	case rule.Then == RuleNext:
		return sip.DecideNext
	}
	return sip.DecideFinal
}

// exitOf is the exit of an outgoing leg: by the trunk's rules, by its exits, then by the table.
func (t *Trunk) exitOf(o sip.Outcome) flowfile.Exit {
	switch rule := t.ruleOf(o); {
	case rule == nil, rule.Then == RuleNext:
		return exitOf(o, t.Exits)
	case rule.Then == RuleWait:
		return flowfile.ExitError
	case flowfile.Exit(rule.Then) == flowfile.ExitBlocked:
		return flowfile.ExitBusy
	default:
		return flowfile.Exit(rule.Then)
	}
}

// isBlocked reports whether the network blocked an outgoing leg, by the response itself, by the
// trunk's rules or its exits.
func (t *Trunk) isBlocked(o sip.Outcome) bool {
	if rule := t.ruleOf(o); rule != nil && rule.Then != RuleNext {
		return flowfile.Exit(rule.Then) == flowfile.ExitBlocked
	}
	return isBlocked(o, t.Exits)
}

// hasWords says whether words stand in a text one after the other.
func hasWords(text, words string) bool {
	all, wanted := split(text), split(words)
	for i := 0; i+len(wanted) <= len(all); i++ {
		if slices.Equal(all[i:i+len(wanted)], wanted) {
			return true
		}
	}
	return false
}

// split parts a text into its words, in small letters.
func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// ruleDetail is what a rule says of a response; empty: the trunk has none that says anything.
func (t *Trunk) ruleDetail(o sip.Outcome) string {
	rule := t.ruleOf(o)
	if rule == nil || rule.Means == "" && rule.Then != RuleWait {
		return ""
	}
	means := rule.Means
	if means == "" {
		means = "a limit of the carrier's"
	}
	return "trunk " + t.Name + " at " + o.Target + " answered " + statusText(o.Code, o.Reason) + ": " + means
}
