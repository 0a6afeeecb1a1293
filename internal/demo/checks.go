package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/sim"
)

// result is the result of a demo.
type result struct {
	execution client.Execution
	journal   []record.Event
	calls     []sim.Call
	prompt    []int16 // the text of the flow, rendered
	phones    *phones
	gaps      uint64 // packets of audio given up because the machine was busy
}

// Check is one check of the result.
type Check struct {
	Good  bool   `json:"good"`
	Want  string `json:"want"`
	Found string `json:"found"`
}

// minShare is the share of an utterance that must be recognised in a recording: all
// but a piece or two. Where packets were given up, each gap cuts one or two pieces; the
// rest must still be more than any other audio would match.
const (
	minShare         = 0.9
	minShareWithGaps = 0.4
)

// checkResult compares a result with its expectation.
func checkResult(want expectation, run result) []Check {
	checks := []Check{{
		run.execution.Status == string(record.StatusFinished),
		"the execution finishes", run.execution.Status,
	}}
	for _, step := range []string{stepCall, stepAnnounce, stepAgent} {
		checks = append(checks, checkStep(want, run, step))
	}
	checks = append(checks, checkJournal(run.journal), Check{
		len(run.calls) == want.calls && !slices.ContainsFunc(run.calls, inProgress),
		[]string{"nobody is called", "the customer alone is called, and off the line", "customer and agent are called, and off the line"}[want.calls],
		describeCalls(run.calls),
	})
	return append(checks, checkAudio(want, run)...)
}

func checkStep(want expectation, run result, step string) Check {
	exit, runs := want.exits[step]
	wanted, code, times := step+" does not run", want.codes[step], 0
	if runs {
		wanted, times = fmt.Sprintf("%s leaves by %s", step, exit), 1
	}
	if code != 0 {
		wanted += fmt.Sprintf(", SIP %d", code)
	}
	var found []string
	good := true
	for _, s := range run.execution.Steps {
		if s.Name != step {
			continue
		}
		text, answered := "", 0
		if s.Exit != nil {
			text = *s.Exit
		}
		good = good && flowfile.Exit(text) == exit
		if s.SIP != nil {
			answered = s.SIP.Code
			text += fmt.Sprintf(" (%d %s)", answered, s.SIP.Reason)
		}
		good = good && (code == 0 || answered == code)
		found = append(found, strings.TrimSpace(text+" "+s.Error))
	}
	return Check{good && len(found) == times, wanted, orNothing(found)}
}

// checkJournal checks that a journal is numbered without gaps, with one end of each
// leg and one of the execution, which comes last.
func checkJournal(journal []record.Event) Check {
	legs := record.History{Events: journal}.Legs()
	legEnds, ends, gaps := 0, 0, 0
	for i, e := range journal {
		switch e.Kind {
		case record.LegEnded:
			legEnds++
		case record.ExecutionEnded:
			ends++
		}
		if e.Seq != i+1 {
			gaps++
		}
	}
	good := ends == 1 && gaps == 0 && len(journal) > 0 && journal[len(journal)-1].Kind == record.ExecutionEnded &&
		legEnds == len(legs) && !slices.ContainsFunc(legs, func(l *record.Leg) bool { return l.Ended == nil })
	return Check{
		good, "the journal has no gap, one end a leg and one end of all",
		fmt.Sprintf("events: %d, legs: %d, ends: %d, gaps: %d", len(journal), len(legs), ends, gaps),
	}
}

func inProgress(c sim.Call) bool { return c.EndedAt.IsZero() }

func describeCalls(calls []sim.Call) string {
	var described []string
	for _, c := range calls {
		how := fmt.Sprintf("refused with %d", c.Outcome.Code)
		switch {
		case inProgress(c):
			how = "still on the line"
		case c.HungUpByPhone():
			how = "hung up"
		case c.Outcome.Answered:
			how = "was hung up on"
		case c.Outcome.Code == 487:
			how = "rang in vain"
		}
		described = append(described, partyName(c.Number)+" "+how)
	}
	return orNothing(described)
}

func partyName(number string) string { return cmp.Or(partyNames[number], number) }

func orNothing(found []string) string {
	return cmp.Or(strings.Join(found, ", "), "nothing")
}

// checkAudio looks for the expected audio in the recordings.
func checkAudio(want expectation, run result) []Check {
	received := map[string][]int16{}               // by number
	for _, c := range slices.Backward(run.calls) { // the first call of a phone counts
		received[c.Number] = c.Recording
	}
	customer, agent := received[customerNumber], received[agentNumber]
	var checks []Check
	share := minShare
	if run.gaps > 0 {
		share = minShareWithGaps
	}
	var since time.Duration // each utterance comes after the one before
	recognise := func(wanted string, recording, audio []int16) {
		m := sim.Recognise(recording, audio)
		good := m.Share >= share && m.At >= since
		found := "not heard"
		if m.Share > 0 {
			found = fmt.Sprintf("%.0f %% of it, from %.1f s on", 100*m.Share, m.At.Seconds())
		}
		checks = append(checks, Check{good, wanted, found})
		since = m.At
	}
	if want.prompt {
		recognise("the customer hears the announcement", customer, run.prompt)
	}
	if want.ringback {
		ringback := sim.HasTone(customer, 400*time.Millisecond, 440, 480)
		found := map[bool]string{true: "ringback of 440 + 480 Hz", false: "no ringback"}[ringback]
		checks = append(checks, Check{ringback, "the customer hears the agent's phone ring", found})
	}
	if want.agent {
		for _, l := range run.phones.agent {
			recognise("the customer hears the agent: "+firstWords(l.text), customer, l.pcm)
		}
	}
	since = 0
	if want.customer {
		for _, l := range run.phones.customer {
			recognise("the agent hears the customer: "+firstWords(l.text), agent, l.pcm)
		}
	}
	return checks
}

// firstWords are the first words of a text.
func firstWords(text string) string {
	if words := strings.Fields(text); len(words) > 3 {
		text = strings.Join(words[:3], " ") + " …"
	}
	return "“" + text + "”"
}

// allPassed reports whether every check is good.
func allPassed(checks []Check) bool {
	return !slices.ContainsFunc(checks, func(c Check) bool { return !c.Good })
}

// expectation is the result that a demo must have.
type expectation struct {
	exits map[string]flowfile.Exit // of the steps that run, by name
	codes map[string]int           // the SIP codes behind them
	calls int                      // legs that reach a phone
	// The audio that must be received: the flow's prompt, ringback and the agent by the
	// customer, the customer by the agent.
	prompt, ringback, agent, customer bool
}

// The steps of the demo's flow that are checked.
const (
	stepCall     = "call_customer"
	stepAnnounce = "announce"
	stepAgent    = "agent"
)

// answer is what a called party does, and what comes of it: the exit of the step that
// called it, the SIP code behind it, and whether the calling party hears ringback.
type answer struct {
	phone    sim.Behaviour
	exit     flowfile.Exit
	code     int
	ringback bool
}

// answers are those of both parties by their choice, but for a party that takes part in
// the conversation.
var answers = map[string]answer{
	"busy":     {sim.Busy(), flowfile.ExitBusy, 486, true},
	"declines": {sim.Declines(), flowfile.ExitBusy, 603, true},
	"blocked":  {sim.Blocked(), flowfile.ExitBusy, 603, true},
	"invalid":  {sim.Invalid(), flowfile.ExitInvalidNumber, 404, false},
	"silent":   {sim.Silent(), flowfile.ExitNoAnswer, 487, true},
	"hangs-up": {sim.HangsUp(2 * time.Second), flowfile.ExitAnswered, 200, false},
}

// expectationOf is the expectation of a demo with these options. The agent is called
// only if the customer hears the whole prompt.
func expectationOf(o Options) expectation {
	customer, alone := answers[o.Customer]
	if !alone {
		customer = answer{exit: flowfile.ExitAnswered, code: 200}
	}
	want := expectation{exits: map[string]flowfile.Exit{stepCall: customer.exit}, codes: map[string]int{stepCall: customer.code}, calls: 1}
	if customer.exit == flowfile.ExitAnswered {
		want.exits[stepAnnounce] = flowfile.ExitOK
	}
	if alone {
		return want
	}
	agent, refused := answers[o.Agent]
	if !refused {
		agent = answer{exit: flowfile.ExitOK, code: 200, ringback: true}
	}
	want.prompt, want.calls, want.ringback = true, 2, agent.ringback
	want.exits[stepAgent], want.codes[stepAgent] = agent.exit, agent.code
	want.agent, want.customer = !refused, !refused
	return want
}
