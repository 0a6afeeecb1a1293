package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// slowPreparer is a Preparer that notes what it is asked for, takes a second for each, and
// fails for what it has not.
type slowPreparer struct {
	mu    sync.Mutex
	asked []string
	lacks string // what cannot be had; "panic" panics
}

func (k *slowPreparer) Prepare(ctx context.Context, _ string, a flowfile.Audio) error {
	asked := a.File
	if a.Speech != nil {
		asked = a.Speech.Text
	}
	k.mu.Lock()
	k.asked = append(k.asked, asked)
	k.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	if asked == k.lacks {
		return errors.New("on purpose")
	}
	if k.lacks == "panic" {
		panic("on purpose")
	}
	return nil
}

// What follows a call is rendered before the INVITE leaves, with all that is known by
// then; what may yet change, while the phone rings.
func TestSoundIsPreparedBeforeACallIsMade(t *testing.T) {
	const flow = `
name: Prepare
trigger: {component: api_request, arguments: [{name: name, variable: name}, {name: lang, variable: lang}]}
variables: {tries: {type: integer, default: 0}}
start: fetch
steps:
  fetch:
    component: run_function
    with: {source: "return {order: 'A7'}", outputs: [{name: order, type: string}]}
    set: {order: order}
    exits: {ok: call, execution_error: call}
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: plain, invalid_number: end, busy: end, no_answer: end}
    set: {dialled: dialed_number}
  plain: {component: play_audio, with: {say: {text: Hello}}, exits: {ok: known}}
  known: {component: play_audio, with: {say: {text: "Hello %{current_flow.name}, of order %{current_flow.order}"}}, exits: {ok: ask}}
  ask:
    component: input_ivr
    with: {prompt: {file: "ask-%{current_flow.lang}.wav"}, retry_prompt: {say: {text: "Again, after %{current_flow.tries}"}}}
    set: {pin: digits, tries: digits}
    exits: {ok: later, timeout: later}
  later: {component: play_audio, with: {say: {text: "You pressed %{current_flow.pin} at %{current_flow.dialled}"}}, exits: {ok: empty}}
  empty: {component: play_audio, with: {say: {text: "%{current_flow.nobody}"}}, exits: {ok: end}}
  end: {component: end_flow}
`
	prepared := []string{"Hello", "Hello Ann, of order A7", "ask-de.wav"}
	for _, c := range []struct {
		lacks, way, err string
		asked           []string
	}{
		{"", "fetch:ok call:answered plain:ok known:ok ask:timeout later:ok empty:ok end:ok finished", "", append(slices.Clone(prepared), "Again, after 0")},
		{"Again, after 0", "fetch:ok call:answered plain:ok known:ok ask:timeout later:ok empty:ok end:ok finished", "", append(slices.Clone(prepared), "Again, after 0")},
		{"Hello", "fetch:ok call:error failed", "step call: dial: step plain has no sound: on purpose", prepared[:1]},
		{"Hello Ann, of order A7", "fetch:ok call:error failed", "step call: dial: step known has no sound: on purpose", prepared[:2]},
		{"ask-de.wav", "fetch:ok call:error failed", "step call: dial: step ask has no sound: on purpose", prepared},
		{"panic", "fetch:ok call:error failed", "its preparation panicked", prepared[:1]},
	} {
		synctest.Test(t, func(t *testing.T) {
			k := &slowPreparer{lacks: c.lacks}
			m := &flowtest.Memory{Flow: []byte(flow)}
			e := flowengine.NewEngine(flowengine.EngineConfig{
				Components: components.All(), Dialer: &flowtest.Line{Contact: flowtest.Phone{After: 5 * time.Second}}, Versions: m, Executions: m, Prepare: k,
				Functions: orders{},
			})
			began := time.Now()
			x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: map[string]string{"name": "Ann", "lang": "de"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			stored := m.Stored(x.ID)
			if got := way(stored); got != "trigger:ok "+c.way {
				t.Errorf("without %q it went %s", c.lacks, got)
			}
			dialled := slices.IndexFunc(stored.Events, func(e record.Event) bool { return e.Kind == record.LegDialling })
			if (dialled >= 0) != (c.err == "") {
				t.Errorf("without %q a leg was dialled: %v", c.lacks, dialled >= 0)
			} else if dialled < 0 && !slices.ContainsFunc(stored.Events, func(e record.Event) bool { return e.Undialled != nil && e.Undialled.To == "+12025550143" }) {
				t.Errorf("without %q the journal does not say whom the call was for", c.lacks)
			} else if dialled >= 0 && stored.Events[dialled].At.Sub(began) != 3*time.Second {
				t.Errorf("it was dialled after %v", stored.Events[dialled].At.Sub(began))
			}
			if !strings.Contains(stored.Ends[0].Error, c.err) {
				t.Errorf("it ended with %q, want %q", stored.Ends[0].Error, c.err)
			}
			if !slices.Equal(k.asked, c.asked) {
				t.Errorf("prepared %q, want %q", k.asked, c.asked)
			}
		})
	}
}

// orders runs the one function of a flow.
type orders struct{}

func (orders) Call(context.Context, string, string, []byte) ([]byte, error) {
	return []byte(`{"order": "A7"}`), nil
}

// A prompt that a variable names is wanted where the flow surely comes to it, and where
// the variable names one.
func TestAPromptThatIsNotNamedIsWantedWhereItIsSurelyPlayed(t *testing.T) {
	const flow = `
name: Prompt
trigger: {component: api_request, arguments: [{name: file, variable: file}]}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "+12025550100", to: "+12025550143"}
    exits: {answered: FIRST, invalid_number: end, busy: end, no_answer: end}
  choose:
    component: conditional_statement
    with: {rules: [{exit: named, conditions: [{variable: "%{current_flow.file}", operator: not_equals, value: ""}]}]}
    exits: {named: play, no_match: end}
  play: {component: play_audio, with: {file: "%{current_flow.file}"}, exits: {ok: end}}
  end: {component: end_flow}
`
	for _, c := range []struct{ first, file, status string }{
		{"choose", "", "finished"},
		{"choose", "there", "finished"},
		{"choose", "lost", "failed"},
		{"play", "", "failed"},
		{"play", "there", "finished"},
		{"play", "lost", "failed"},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &flowtest.Memory{Flow: []byte(strings.Replace(flow, "FIRST", c.first, 1))}
			e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{}, Versions: m, Executions: m, Prepare: storedPrompts{"there"}})
			arguments := map[string]string{}
			if c.file != "" {
				arguments["file"] = c.file
			}
			x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: arguments})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Drain(context.Background()); err != nil {
				t.Fatal(err)
			}
			stored := m.Stored(x.ID)
			dialled := slices.ContainsFunc(stored.Events, func(e record.Event) bool { return e.Kind == record.LegDialling })
			if status := string(stored.Ends[0].Status); status != c.status || dialled != (c.status == "finished") {
				t.Errorf("%+v: %s %s, dialled: %v", c, status, stored.Ends[0].Error, dialled)
			}
		})
	}
}

// storedPrompts is a Preparer that has some prompts.
type storedPrompts []string

func (s storedPrompts) Prepare(_ context.Context, _ string, a flowfile.Audio) error {
	if !slices.Contains(s, a.File) {
		return fmt.Errorf("there is no %q", a.File)
	}
	return nil
}

// An execution that is cancelled while sound is rendered rings nobody.
func TestACancelWhileSoundIsPreparedRingsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &flowtest.Memory{Flow: []byte(strings.Replace(says, "TEXT", "Hello", 1))}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{}, Versions: m, Executions: m, Prepare: &slowPreparer{}})
		x, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second / 2)
		if err := e.Cancel(context.Background(), "acme", x.ID); err != nil {
			t.Fatal(err)
		}
		if err := e.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		stored := m.Stored(x.ID)
		dialled := slices.ContainsFunc(stored.Events, func(e record.Event) bool { return e.Kind == record.LegDialling })
		if stored.Ends[0].Status != record.StatusCancelled || dialled {
			t.Errorf("it ended %s, dialled: %v", stored.Ends[0].Status, dialled)
		}
	})
}
