package flowengine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// slow is a component whose fields take their time to be read.
type slow struct {
	Text string `field:"text" doc:"Any."`
}

// reading receives when a slow is looked at, and goOn lets that end.
var reading, goOn chan struct{}

// Check implements flowfile.Checker.
func (*slow) Check(func(field, what, mend string)) {
	reading <- struct{}{}
	<-goOn
}

// versionMemory holds two flows, one of which takes its time.
type versionMemory struct{ *flowtest.Memory }

func (s versionMemory) Published(ctx context.Context, account, id string) (record.Version, error) {
	v, err := s.Memory.Published(ctx, account, id)
	v.ID = id
	if id == "slow" {
		v.Definition = []byte("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: slow, with: {text: a}}}\n")
	}
	return v, err
}

// A flow that takes long to be made ready holds up those who start it, and
// nobody else; it is made ready once.
func TestAFlowIsMadeReadyOnceAndHoldsUpNobodyElse(t *testing.T) {
	reading, goOn = make(chan struct{}, 2), make(chan struct{})
	m := &flowtest.Memory{Flow: []byte("name: x\ntrigger: {component: api_request}\nstart: s\nsteps: {s: {component: end_flow}}\n")}
	takesLong := flowengine.NewComponent(flowfile.Spec{Name: "slow", Exits: []flowfile.ExitSpec{{Name: flowfile.ExitOK}}},
		func(context.Context, *flowengine.StepContext, *slow) (flowfile.Exit, error) {
			return flowfile.ExitOK, nil
		})
	e := flowengine.NewEngine(flowengine.EngineConfig{
		Components: append(components.All(), takesLong), Dialer: &flowtest.Line{}, Versions: versionMemory{m}, Executions: m,
	})
	begin := func(id string) error {
		_, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: id})
		return err
	}
	slow, quick := make(chan error, 2), make(chan error, 1)
	for range cap(slow) {
		go func() { slow <- begin("slow") }()
	}
	<-reading
	go func() { quick <- begin("quick") }()
	select {
	case err := <-quick:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for a flow that is not its own")
	}
	close(goOn)
	for range cap(slow) {
		if err := <-slow; err != nil {
			t.Error(err)
		}
	}
	if len(reading) > 0 {
		t.Error("it was made ready twice")
	}
	if err := e.Drain(context.Background()); err != nil {
		t.Error(err)
	}
}

// A published version that a release before took, and in which this one finds a mistake,
// is refused with the step and the mistake.
func TestAPublishedVersionThatCannotRunSaysWhy(t *testing.T) {
	for fields, want := range map[string]string{
		`time_based_rules, with: {rules: [{exit: open, time_zone: UTC, ranges: [{days: [monday], from: "+9:00", to: "17:00"}]}]}`: "no time of day",
		`salesforce_data_dip, with: {connection: crm, query: "SELECT Id FROM Lead WHERE Name = '\\%{current_flow.x}'"}`:           "quotes stand around a variable",
	} {
		m := &flowtest.Memory{Flow: []byte("name: x\ntrigger: {component: api_request}\nvariables: {x: {}}\nstart: s\nsteps: {s: {component: " + fields + "}}\n")}
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Dialer: &flowtest.Line{}, Versions: m, Executions: m})
		_, err := e.Start(t.Context(), flowengine.Trigger{Account: "acme", FlowID: "x"})
		var cannot *flowengine.CannotRunError
		if !errors.As(err, &cannot) || !strings.Contains(err.Error(), "step s: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", fields, err)
		}
	}
}
