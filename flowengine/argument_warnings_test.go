package flowengine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
)

// An argument that the flow does not declare is told, with the one that was meant,
// of the version that the execution began.
func TestUndeclaredArguments(t *testing.T) {
	w := newWorld(`
name: Two contacts
trigger: {component: api_request, arguments: [{name: contact_1, variable: contact_1}, {name: order.number, variable: number}, {name: unused}]}
start: hang_up
steps: {hang_up: {component: end_flow}}
`, nil)
	x, err := w.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	const ignored = "the flow declares no such argument, and does not use it"
	for _, c := range []struct {
		names []string
		want  []flowfile.FieldError
	}{
		{nil, nil},
		{[]string{"contact_1", "order.number", "unused"}, nil},
		{[]string{"zzz", "conact_1"}, []flowfile.FieldError{{Name: "conact_1", Description: ignored + ": did you mean contact_1?"}, {Name: "zzz", Description: ignored}}},
		{[]string{"conact_1", "contact_1"}, []flowfile.FieldError{{Name: "conact_1", Description: ignored}}},
		{[]string{"contact_2", "contact_1"}, []flowfile.FieldError{{Name: "contact_2", Description: ignored}}},
		{[]string{"Contact_1", "order_number"}, []flowfile.FieldError{{Name: "Contact_1", Description: ignored + ": did you mean contact_1?"}, {Name: "order_number", Description: ignored + ": did you mean order.number?"}}},
	} {
		got, err := w.ArgumentWarnings(context.Background(), x, given(c.names))
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v: %v %v, want %v", c.names, got, err, c.want)
		}
	}
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("contact_%d", i+1))
	}
	if got, err := w.ArgumentWarnings(context.Background(), x, given(many)); err != nil || len(got) != flowfile.MaxUndeclaredHints || got[0].Name != "contact_10" {
		t.Errorf("of very many: %d, %v", len(got), err)
	}
	if err := w.Drain(context.Background()); err != nil {
		t.Error(err)
	}
}

// given is a trigger with arguments of the names.
func given(names []string) flowengine.Trigger {
	t := flowengine.Trigger{Arguments: map[string]string{}}
	for _, name := range names {
		t.Arguments[name] = "x"
	}
	return t
}

// JSON writes no + in front of a number: what is dialled is to stand in quotes.
func TestTelephoneNumbersThatAreNumbersInJSON(t *testing.T) {
	w := newWorld(`
name: A number
trigger: {component: api_request, arguments: [{name: phone, variable: called}, {name: ours, variable: from}, {name: order, variable: number}, {name: unused}]}
start: call
steps:
  call: {component: make_outbound_call, with: {from: "%{current_flow.from}", to: "%{current_flow.called}"}, exits: {answered: hang_up}}
  hang_up: {component: end_flow}
`, &flowtest.Line{})
	x, err := w.Start(t.Context(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]string{"": "", "phone": "phone", "ours phone": "phone ours", "order unused": "", "order phone unknown": "phone unknown"} {
		trigger := given(strings.Fields(names))
		trigger.Unquoted = map[string]string{}
		for name := range trigger.Arguments {
			trigger.Unquoted[name] = "a number"
		}
		got, err := w.ArgumentWarnings(t.Context(), x, trigger)
		var warnings []string
		for _, f := range got {
			warnings = append(warnings, f.Name)
			if f.Name != "unknown" && !strings.Contains(f.Description, `write a telephone number in quotes, such as "+12025550143"`) {
				t.Errorf("%s: %s", f.Name, f.Description)
			}
		}
		if err != nil || strings.Join(warnings, " ") != want {
			t.Errorf("%q: %v %v, want %s", names, got, err, want)
		}
		if got, err := w.ArgumentWarnings(t.Context(), x, flowengine.Trigger{Arguments: trigger.Arguments}); err != nil || strings.Contains(fmt.Sprint(got), "JSON") {
			t.Errorf("%q in quotes: %v %v", names, got, err)
		}
	}
	if err := w.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}
