package components

import (
	"context"

	"ringflow/flowengine"
)

// EndFlow ends the execution and hangs up.
var EndFlow = flowengine.Define(flowengine.Spec{
	Name: "end_flow", Title: "End Flow", Category: flowengine.CategoryEnd,
	Summary:  "Ends the flow and hangs up any call.",
	Terminal: true,
	Exits:    []flowengine.ExitSpec{{Name: flowengine.ExitOK, Title: "OK", Doc: "The flow has ended.", Hidden: true}},
	Example:  `{}`,
}, runEndFlow)

type endFlow struct{}

func runEndFlow(context.Context, *flowengine.Turn, *endFlow) (flowengine.Exit, error) {
	return flowengine.ExitOK, nil
}
