package flowengine_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/record"
)

// nothing is a Executions that keeps nothing, and the Versions of one flow.
type nothing struct{ flow []byte }

func (n nothing) Published(context.Context, string, string) (record.Version, error) {
	return record.Version{ID: "v1", FlowID: "flow", Definition: n.flow}, nil
}
func (n nothing) Version(ctx context.Context, id string) (record.Version, error) {
	return n.Published(ctx, "", "")
}
func (nothing) Accept(context.Context, record.Execution) error { return nil }
func (nothing) AcceptAndBegin(context.Context, record.Execution, time.Time, ...record.Event) error {
	return nil
}
func (nothing) Begin(context.Context, record.ExecutionID, time.Time, ...record.Event) error {
	return nil
}
func (nothing) Accepted(context.Context, record.ExecutionID) (record.Execution, error) {
	return record.Execution{}, record.ErrNoExecution
}
func (nothing) Append(record.ExecutionID, ...record.Event)                   {}
func (nothing) End(context.Context, record.ExecutionID, record.Ending) error { return nil }

// BenchmarkExecution measures a flow of ten steps that makes no call. The goal
// is 10,000 executions a second on one core, whatever the machine has.
func BenchmarkExecution(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var f strings.Builder
	f.WriteString("name: Ten\ntrigger: {component: api_request, arguments: [{name: plan, variable: plan}]}\nstart: s1\nsteps:\n")
	for i := 1; i < 10; i++ {
		next := fmt.Sprintf("s%d", i+1)
		fmt.Fprintf(&f, `  s%d:
    component: conditional_statement
    with: {rules: [{exit: gold, conditions: [{variable: "%%{current_flow.plan}", operator: equals, value: gold}]}]}
    set: {way_%d: exit_name}
    exits: {gold: %s, no_match: %s}
`, i, i, next, next)
	}
	f.WriteString("  s10: {component: end_flow}\n")
	n := nothing{[]byte(f.String())}
	e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Versions: n, Executions: n})
	arguments := map[string]string{"plan": "gold"}
	b.ReportAllocs()
	for range b.N { // not b.Loop, whose clock stops before the executions have ended
		if _, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: arguments}); err != nil {
			b.Fatal(err)
		}
	}
	if err := e.Drain(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "executions/s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/step")
}
