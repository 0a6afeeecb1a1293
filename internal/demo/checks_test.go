package demo

import (
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/sip"
)

// voice is sound that resembles nothing but itself: a tone that wanders.
func voice(from, to float64, d time.Duration) []int16 {
	var pcm []int16
	const steps = 50
	for i := range steps {
		pcm = append(pcm, media.Tone(-10, d/steps, from+(to-from)*float64(i)/steps)...)
	}
	return pcm
}

// goodRun is a run in which everything happened that should.
func goodRun() result {
	ended := time.Unix(100, 0)
	prompt, greeting, trouble := voice(300, 900, 3*time.Second), voice(1000, 600, 2*time.Second), voice(1200, 2000, 2*time.Second)
	low, high := media.Tone(-22, time.Second, 440), media.Tone(-22, time.Second, 480)
	ring := make([]int16, len(low))
	for i := range ring {
		ring[i] = low[i] + high[i]
	}
	run := result{
		prompt: prompt,
		phones: &phones{agent: []utterance{{"Who is it?", greeting}}, customer: []utterance{{"Me.", trouble}}},
		calls: []sim.Call{
			{Number: customerNumber, EndedAt: ended, Recording: slices.Concat(make([]int16, 4000), prompt, ring, greeting), Outcome: sip.Outcome{Answered: true, Code: 200, By: sip.EndedLocal}},
			{Number: agentNumber, EndedAt: ended, Recording: slices.Concat(make([]int16, 16000), trouble), Outcome: sip.Outcome{Answered: true, Code: 200, By: sip.EndedRemote}},
		},
	}
	run.execution.Status = string(record.StatusFinished)
	add := func(name string, exit flowfile.Exit, code int) {
		run.execution.Steps = append(run.execution.Steps, client.Step{Name: name, Exit: new(string(exit))})
		if code != 0 {
			run.execution.Steps[len(run.execution.Steps)-1].SIP = &client.Sip{Code: code}
		}
	}
	add(stepCall, flowfile.ExitAnswered, 200)
	add(stepAnnounce, flowfile.ExitOK, 0)
	add(stepAgent, flowfile.ExitOK, 200)
	leg := &record.LegEvent{ID: "1"}
	for i, e := range []record.Event{
		{Kind: record.ExecutionAccepted}, {Kind: record.LegDialling, Leg: leg},
		{Kind: record.LegEnded, Leg: leg}, {Kind: record.ExecutionEnded},
	} {
		e.Seq = i + 1
		run.journal = append(run.journal, e)
	}
	return run
}

func TestVerdictOnAGoodRun(t *testing.T) {
	for _, c := range checkResult(expectationOf(Options{Customer: "answers", Agent: "answers"}), goodRun()) {
		if !c.Good {
			t.Errorf("%s: it found %s", c.Want, c.Found)
		}
	}
}

// TestVerdictFindsEachFault breaks one thing at a time.
func TestVerdictFindsEachFault(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*result)
		want  string // the check that must fail
	}{
		{"the execution failed", func(r *result) { r.execution.Status = string(record.StatusFailed) }, "the execution finishes"},
		{"another exit", func(r *result) { r.execution.Steps[0].Exit = new(string(flowfile.ExitBusy)) }, "call_customer leaves by answered, SIP 200"},
		{"another code", func(r *result) { r.execution.Steps[2].SIP.Code = 486 }, "agent leaves by ok, SIP 200"},
		{"no code", func(r *result) { r.execution.Steps[2].SIP = nil }, "agent leaves by ok, SIP 200"},
		{"a step did not run", func(r *result) { r.execution.Steps = r.execution.Steps[:1] }, "announce leaves by ok"},
		{"a step ran twice", func(r *result) { r.execution.Steps = append(r.execution.Steps, r.execution.Steps[1]) }, "announce leaves by ok"},
		{"a leg without an end", func(r *result) { r.journal[2].Kind = record.LegRinging }, "the journal has no gap, one end a leg and one end of all"},
		{"a leg with two ends", func(r *result) { r.journal = slices.Insert(r.journal, 2, r.journal[2]) }, "the journal has no gap, one end a leg and one end of all"},
		{"no journal", func(r *result) { r.journal = nil }, "the journal has no gap, one end a leg and one end of all"},
		{"a phone still on the line", func(r *result) { r.calls[1].EndedAt = time.Time{} }, "customer and agent are called, and off the line"},
		{"a phone called twice", func(r *result) { r.calls = append(r.calls, r.calls[1]) }, "customer and agent are called, and off the line"},
		{"no announcement", func(r *result) { r.calls[0].Recording = r.calls[0].Recording[28000:] }, "the customer hears the announcement"},
		{"no ringback", func(r *result) { clear(r.calls[0].Recording[28000:36000]) }, "the customer hears the agent's phone ring"},
		{"no agent", func(r *result) { clear(r.calls[0].Recording[36000:]) }, "the customer hears the agent: “Who is it?”"},
		{"the agent first", func(r *result) {
			r.calls[0].Recording = slices.Concat(r.phones.agent[0].pcm, r.calls[0].Recording[:36000])
		}, "the customer hears the agent: “Who is it?”"},
		{"no customer", func(r *result) { r.calls[1].Recording = nil }, "the agent hears the customer: “Me.”"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := goodRun()
			test.spoil(&run)
			checks := checkResult(expectationOf(Options{Customer: "answers", Agent: "answers"}), run)
			i := slices.IndexFunc(checks, func(c Check) bool { return c.Want == test.want })
			if i < 0 {
				t.Fatalf("there is no check %q", test.want)
			}
			if checks[i].Good || allPassed(checks) {
				t.Errorf("%q was passed: it found %s", test.want, checks[i].Found)
			}
		})
	}
}

func TestVerdictOnAStepThatShouldNotRun(t *testing.T) {
	checks := checkResult(expectationOf(Options{Customer: "hangs-up"}), goodRun())
	i := slices.IndexFunc(checks, func(c Check) bool { return c.Want == "agent does not run" })
	if i < 0 || checks[i].Good {
		t.Errorf("the agent's step was let pass: %+v", checks)
	}
}
