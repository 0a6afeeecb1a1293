package components

import (
	"context"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// EndFlow ends the execution and hangs up.
var EndFlow = flowengine.NewComponent(flowfile.Spec{
	Name: "end_flow", Title: "End Flow", Category: flowfile.CategoryEnd,
	Summary:  "Ends the flow and hangs up any call.",
	Terminal: true,
	Exits:    []flowfile.ExitSpec{{Name: flowfile.ExitOK, Title: "OK", Doc: "The flow has ended.", Hidden: true}},
	Example:  `{}`,
}, runEndFlow)

type endFlow struct{}

func runEndFlow(context.Context, *flowengine.StepContext, *endFlow) (flowfile.Exit, error) {
	return flowfile.ExitOK, nil
}
