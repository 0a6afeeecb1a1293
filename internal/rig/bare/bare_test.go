package bare_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"ringflow/internal/rig/bare"
	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
)

func TestCallsAreWholeAndLawful(t *testing.T) {
	x := phone.NewPlane(netip.MustParseAddr("127.0.0.1"), 0)
	defer x.Close()
	plan := carrier.NewPlan()
	far, err := carrier.Listen(netip.MustParseAddrPort("127.0.0.1:0"), plan, x, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	numbers := []string{"+13032200001", "+13032200002", "+13032200003"}
	for _, n := range numbers {
		b := carrier.Answers(time.Millisecond)
		b.Mute = true
		plan.Set(n, b)
	}
	caller, err := bare.New(far.Local())
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if whole, err := caller.Run(context.Background(), numbers, 100); whole != len(numbers) || err != nil {
		t.Errorf("%d of %d calls are whole: %v", whole, len(numbers), err)
	}
	for _, r := range far.Calls() {
		if r.EndedBy != "caller" || r.Acks != 1 || r.Invites != 1 {
			t.Errorf("%+v", r)
		}
	}
	for _, f := range far.Faults() {
		t.Errorf("%s: %s\n%s", f.Rule, f.Detail, f.Example)
	}
	if whole, err := caller.Run(context.Background(), []string{"+13034860001"}, 100); whole != 0 || err == nil {
		t.Errorf("a refused call is whole (%d, %v)", whole, err)
	}
}
