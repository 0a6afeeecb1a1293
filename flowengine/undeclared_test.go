package flowengine_test

import (
	"context"
	"fmt"
	"testing"

	"ringflow/flowengine"
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
		want  []flowengine.FieldError
	}{
		{nil, nil},
		{[]string{"contact_1", "order.number", "unused"}, nil},
		{[]string{"zzz", "conact_1"}, []flowengine.FieldError{{Name: "conact_1", Description: ignored + ": did you mean contact_1?"}, {Name: "zzz", Description: ignored}}},
		{[]string{"conact_1", "contact_1"}, []flowengine.FieldError{{Name: "conact_1", Description: ignored}}},
		{[]string{"contact_2", "contact_1"}, []flowengine.FieldError{{Name: "contact_2", Description: ignored}}},
		{[]string{"Contact_1", "order_number"}, []flowengine.FieldError{{Name: "Contact_1", Description: ignored + ": did you mean contact_1?"}, {Name: "order_number", Description: ignored + ": did you mean order.number?"}}},
	} {
		got, err := w.Undeclared(context.Background(), x, c.names)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v: %v %v, want %v", c.names, got, err, c.want)
		}
	}
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("contact_%d", i+1))
	}
	if got, err := w.Undeclared(context.Background(), x, many); err != nil || len(got) != flowengine.MostUndeclared || got[0].Name != "contact_10" {
		t.Errorf("of very many: %d, %v", len(got), err)
	}
	if err := w.Drain(context.Background()); err != nil {
		t.Error(err)
	}
}
