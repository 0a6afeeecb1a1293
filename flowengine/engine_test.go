package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// seed is the flow of the reference scenario, a call, an announcement, an agent.
const seed = `
name: Installation help
trigger:
  component: api_request
  arguments: [{name: contact_1, variable: contact_1}, {name: contact_2, variable: contact_2}]
start: call_customer
steps:
  call_customer:
    component: make_outbound_call
    with: {from: "+12025550100", to: "%{current_flow.contact_1}", ring_seconds: 15}
    set: {code: sip_code, dialed: dialed_number}
    exits: {answered: announce, invalid_number: hang_up, busy: hang_up, no_answer: hang_up}
  announce:
    component: play_audio
    with: {say: {text: "Please stay on the line for an agent.", language: en-US}}
    exits: {ok: agent}
  agent:
    component: forward_to_external_number
    with: {to: "%{current_flow.contact_2}", show: contact_number}
    exits: {no_answer: hang_up, invalid_number: hang_up}
  hang_up: {component: end_flow}
`

var parties = map[string]string{"contact_1": "+12025550143", "contact_2": "+12025550188"}

// world is an engine with everything it drives scripted.
type world struct {
	*flowengine.Engine
	record *flowtest.Memory
	line   *flowtest.Line
}

func newWorld(flow string, line *flowtest.Line, more ...flowfile.Component) *world {
	m := &flowtest.Memory{Flow: []byte(flow)}
	return &world{record: m, line: line, Engine: flowengine.NewEngine(flowengine.EngineConfig{
		Components: append(components.All(), more...), Dialer: line, Versions: m, Executions: m,
	})}
}

// start starts one execution.
func (w *world) start(t *testing.T, arguments map[string]string) record.ExecutionID {
	t.Helper()
	x, err := w.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: arguments})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return x.ID
}

// run runs one execution to its end and checks what holds for every execution.
func (w *world) run(t *testing.T, arguments map[string]string) flowtest.StoredExecution {
	t.Helper()
	id := w.start(t, arguments)
	if err := w.Drain(context.Background()); err != nil {
		t.Fatalf("drain: %v", err)
	}
	k := w.record.Stored(id)
	checkJournal(t, k)
	if n := w.line.Live(); n != 0 {
		t.Errorf("%d legs live after the end", n)
	}
	ended, total := w.Ended(), uint64(0)
	for _, n := range ended {
		total += n
	}
	if total != 1 || ended[k.Ends[0].Status] != 1 {
		t.Errorf("executions ended: %v, want one as %s", ended, k.Ends[0].Status)
	}
	if n := w.Running(); n != 0 {
		t.Errorf("%d executions run after the end", n)
	}
	return k
}

// checkJournal checks what holds for the journal of every execution that has ended.
func checkJournal(t *testing.T, k flowtest.StoredExecution) {
	t.Helper()
	if len(k.Ends) != 1 || k.Began != 1 {
		t.Fatalf("begun %d times and ended %d times, want once each", k.Began, len(k.Ends))
	}
	legs := map[string]int{}
	var last time.Time
	for i, e := range k.Events {
		if e.Seq != i+1 {
			t.Errorf("event %d has the number %d", i+1, e.Seq)
		}
		if err := e.Conforms(); err != nil {
			t.Error(err)
		}
		if e.At.Before(last) {
			t.Errorf("event %d is %v older than the one before", e.Seq, last.Sub(e.At))
		}
		last = e.At
		if e.Kind == record.LegDialling {
			legs[e.Leg.ID]++
		}
		if e.Kind == record.LegEnded {
			legs[e.Leg.ID]--
		}
		if e.Kind == record.ExecutionEnded && i != len(k.Events)-1 {
			t.Errorf("event %d of %d is execution_ended", i+1, len(k.Events))
		}
	}
	if e := k.Events[len(k.Events)-1]; e.Kind != record.ExecutionEnded || e.Status != k.Ends[0].Status {
		t.Errorf("the last event is %s %s, and the end says %s", e.Kind, e.Status, k.Ends[0].Status)
	}
	for id, n := range legs {
		if n != 0 {
			t.Errorf("leg %s has no single end", id)
		}
	}
}

// way writes the steps and their exits, and how the execution ended.
func way(k flowtest.StoredExecution) string {
	var s []string
	for _, e := range k.Events {
		if e.Kind == record.StepLeft {
			s = append(s, fmt.Sprintf("%s:%s", e.Step, e.Exit))
		}
	}
	return strings.Join(append(s, string(k.Ends[0].Status)), " ")
}

func TestEveryOutcomeOfTheReferenceScenario(t *testing.T) {
	hangsUpAfter := func(d time.Duration) []flowtest.Act { return []flowtest.Act{{Waits: d}, {}} }
	for name, c := range map[string]struct {
		line *flowtest.Line
		way  string
	}{
		"both talk and the agent hangs up": {
			&flowtest.Line{Contact: flowtest.Phone{After: 3 * time.Second}, Agent: flowtest.Phone{After: time.Second, Acts: hangsUpAfter(time.Minute)}},
			"trigger:ok call_customer:answered announce:ok agent:ok finished"},
		"both talk and the contact hangs up": {
			&flowtest.Line{Contact: flowtest.Phone{Acts: hangsUpAfter(time.Minute)}},
			"trigger:ok call_customer:answered announce:ok agent:ok finished"},
		"contact busy":         {&flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}}, "trigger:ok call_customer:busy hang_up:ok finished"},
		"contact invalid":      {&flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitInvalidNumber}}, "trigger:ok call_customer:invalid_number hang_up:ok finished"},
		"contact silent":       {&flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitNoAnswer}}, "trigger:ok call_customer:no_answer hang_up:ok finished"},
		"contact answers late": {&flowtest.Line{Contact: flowtest.Phone{After: 16 * time.Second}}, "trigger:ok call_customer:no_answer hang_up:ok finished"},
		"trunk fails":          {&flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitError}}, "trigger:ok call_customer:error failed"},
		"dialling is a fault":  {&flowtest.Line{Contact: flowtest.Phone{Fault: errors.New("no port is free")}}, "trigger:ok call_customer:error failed"},
		"contact hangs up in the announcement": {
			&flowtest.Line{Contact: flowtest.Phone{Acts: hangsUpAfter(time.Second)}},
			"trigger:ok call_customer:answered announce:ok finished"},
		"contact hangs up while the agent rings": {
			&flowtest.Line{Contact: flowtest.Phone{Acts: hangsUpAfter(5 * time.Second)}, Agent: flowtest.Phone{After: 20 * time.Second}},
			"trigger:ok call_customer:answered announce:ok agent:call_aborted finished"},
		"agent busy goes where no_answer leads": {
			&flowtest.Line{Agent: flowtest.Phone{Exit: flowfile.ExitBusy}},
			"trigger:ok call_customer:answered announce:ok agent:busy hang_up:ok finished"},
		"agent invalid": {
			&flowtest.Line{Agent: flowtest.Phone{Exit: flowfile.ExitInvalidNumber}},
			"trigger:ok call_customer:answered announce:ok agent:invalid_number hang_up:ok finished"},
		"agent silent": {
			&flowtest.Line{Agent: flowtest.Phone{Exit: flowfile.ExitNoAnswer}},
			"trigger:ok call_customer:answered announce:ok agent:no_answer hang_up:ok finished"},
		"agent's trunk fails": {
			&flowtest.Line{Agent: flowtest.Phone{Exit: flowfile.ExitError}},
			"trigger:ok call_customer:answered announce:ok agent:error failed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(seed, c.line)
				if got := way(w.run(t, parties)); got != c.way {
					t.Errorf("the flow went\n%s, want\n%s", got, c.way)
				}
			})
		})
	}
}

func TestWhatTheWireSaidStaysOnTheStepAndInVariables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy, SIP: record.SIPResult{Code: 600, Reason: "Busy Everywhere", Cause: 17}}})
		k := w.run(t, parties)
		i := slices.IndexFunc(k.Events, func(e record.Event) bool {
			return e.Kind == record.StepLeft && e.Step == "call_customer"
		})
		if sip := k.Events[i].SIP; sip == nil || sip.Code != 600 || sip.Cause != 17 {
			t.Errorf("step_left has SIP %+v", sip)
		}
		want := map[string]string{"contact_1": parties["contact_1"], "contact_2": parties["contact_2"], "code": "600", "dialed": parties["contact_1"]}
		if got := k.Ends[0].Variables; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("variables at the end are %v, want %v", got, want)
		}
	})
}

func TestANumberThatIsNoneLeavesByInvalidNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, number := range []string{"", "nobody", "sip:x@y"} {
			w := newWorld(seed, &flowtest.Line{})
			if got := way(w.run(t, map[string]string{"contact_1": number})); got != "trigger:ok call_customer:invalid_number hang_up:ok finished" {
				t.Errorf("%q went %s", number, got)
			}
		}
	})
}

func TestStartRefuses(t *testing.T) {
	start := func(w *world, tr flowengine.Trigger) error {
		_, err := w.Start(context.Background(), tr)
		return err
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(strings.Replace(seed, "variable: contact_1}", `variable: contact_1, required: true, pattern: "[+][0-9]+"}`, 1), &flowtest.Line{})
		var bad *flowengine.ArgumentError
		for why, tr := range map[string]flowengine.Trigger{
			"is required":  {},
			"must match":   {Arguments: map[string]string{"contact_1": "12025550143"}},
			"must be a te": {NonText: map[string]string{"contact_1": "an object"}},
		} {
			if err := start(w, tr); !errors.As(err, &bad) || len(bad.Fields) != 1 || bad.Fields[0].Name != "contact_1" || !strings.Contains(bad.Fields[0].Description, why) {
				t.Errorf("start with %+v: %v, want contact_1 %s", tr, err, why)
			}
		}
		if n := len(w.record.Executions()); n != 0 {
			t.Errorf("%d executions were accepted", n)
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := start(w, flowengine.Trigger{Arguments: parties}); !errors.Is(err, flowengine.ErrDraining) {
			t.Errorf("start while draining: %v", err)
		}
	})
}

// With too much in line nothing is accepted that would begin now; what begins
// later is, and so is what was accepted before.
func TestStartWithoutRoom(t *testing.T) {
	m := &flowtest.Memory{Flow: []byte(seed)}
	e := flowengine.NewEngine(flowengine.EngineConfig{
		Components: components.All(), Dialer: &flowtest.Line{}, Versions: m, Executions: m, Admit: func(string) error { return flowengine.ErrQueueFull },
	})
	now := flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: parties}
	if _, err := e.Start(t.Context(), now); !errors.Is(err, flowengine.ErrQueueFull) || len(m.Executions()) != 0 {
		t.Errorf("start: %v, and %d accepted", err, len(m.Executions()))
	}
	later := now
	later.StartAt = time.Now().Add(time.Hour)
	if _, err := e.Start(t.Context(), later); err != nil || len(m.Executions()) != 1 {
		t.Errorf("start in an hour: %v, and %d accepted", err, len(m.Executions()))
	}
	if err := e.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

// A strict flow names every argument that is wrong, and an object that it does
// not know too.
func TestStrictStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(strings.Replace(seed, "component: api_request\n", "component: api_request\n  strict: true\n", 1), &flowtest.Line{})
		_, err := w.Start(context.Background(), flowengine.Trigger{
			Arguments: map[string]string{"contact_1": "+12025550143", "contact2": "+12025550188"},
			NonText:   map[string]string{"more": "an object"},
		})
		var bad *flowengine.ArgumentError
		if !errors.As(err, &bad) {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, f := range bad.Fields {
			names[f.Name] = true
		}
		if len(bad.Fields) != 3 || !names["contact_2"] || !names["contact2"] || !names["more"] {
			t.Errorf("refused: %v", bad)
		}
		if n := len(w.record.Executions()); n != 0 {
			t.Errorf("%d executions were accepted", n)
		}
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestResumeRunsWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(seed, &flowtest.Line{Contact: flowtest.Phone{Exit: flowfile.ExitBusy}})
		accepted := time.Now().Add(-time.Minute)
		w.Resume(context.Background(), []record.Execution{{ID: "x1", Account: "acme", VersionID: "v1", Arguments: parties, AcceptedAt: accepted}})
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Stored("x1")
		checkJournal(t, k)
		if got := way(k); got != "trigger:ok call_customer:busy hang_up:ok finished" {
			t.Error(got)
		}
		if e := k.Events[0]; e.Kind != record.ExecutionAccepted || !e.At.Equal(accepted) {
			t.Errorf("the journal begins with %+v", e)
		}
	})
}

func TestResumeEndsWhatCannotRunAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(strings.Replace(seed, "end_flow", "gone_component", 1), &flowtest.Line{})
		w.Resume(context.Background(), []record.Execution{{ID: "x1", Account: "acme", VersionID: "v1"}})
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		k := w.record.Stored("x1")
		checkJournal(t, k)
		if e := k.Ends[0]; e.Status != record.StatusFailed || !strings.Contains(e.Error, "gone_component") {
			t.Errorf("ended %s: %s", e.Status, e.Error)
		}
	})
}
