package components

import (
	"context"
	"errors"
	"math"
	"slices"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// TrafficSplitter shares executions out among exits.
var TrafficSplitter = flowengine.NewComponent(flowfile.Spec{
	Name: "traffic_splitter", Title: "Traffic Splitter", Category: flowfile.CategoryDecide,
	Summary: "Shares executions out among its exits by their weights.",
	Doc: "The choice is not random: with weights 3 and 1, every four executions in a row leave three times by the one " +
		"and once by the other exit, also if the server is restarted in between. A newly published version of the flow begins " +
		"anew. A weight from a variable that holds no whole number from 1 to 1,000,000 counts as 0.",
	Exits:     []flowfile.ExitSpec{{Each: "branches", Doc: "It is the branch's turn."}},
	Variables: []flowfile.VariableSpec{{Name: "exit_name", Doc: "The exit that the step left by."}},
	Example: `
branches:
  - {exit: usual, weight: 90}
  - {exit: trial, weight: "%{current_flow.trial_weight}"}
  - {exit: paused, weight: 5, enabled: false}`,
}, runTrafficSplitter)

type trafficSplitter struct {
	Branches []branch `field:"branches" required:"true" min:"1" max:"50" doc:"The branches."`
}

type branch struct {
	Exit    string          `field:"exit" required:"true" is:"exit" doc:"The exit of the branch."`
	Weight  flowfile.Number `field:"weight" required:"true" min:"1" max:"1000000" doc:"Its share, in proportion to the weights of all branches."`
	Enabled bool            `field:"enabled" default:"true" doc:"A branch that is switched off gets nothing."`
}

// Check implements flowfile.Checker.
func (c *trafficSplitter) Check(report func(field, what, mend string)) {
	if !slices.ContainsFunc(c.Branches, func(b branch) bool { return b.Enabled }) {
		report("branches", "every branch is switched off", "switch one on")
	}
}

func runTrafficSplitter(ctx context.Context, t *flowengine.StepContext, c *trafficSplitter) (flowfile.Exit, error) {
	weights := make([]int, len(c.Branches))
	for i, b := range c.Branches {
		if b.Enabled {
			weights[i], _ = t.Number(b.Weight) // a bad variable counts as 0
		}
	}
	i := -1
	if err := t.UpdateCounters(ctx, len(weights)+1, func(numbers []int) { i = nextBranch(numbers, weights) }); err != nil {
		return "", err
	}
	if i < 0 {
		return "", errors.New("no branch has a weight")
	}
	exit := c.Branches[i].Exit
	t.Set("exit_name", exit)
	return flowfile.Exit(exit), nil
}

// creditScale is how many parts each unit of a weight counts, so that little is lost
// when credits are converted.
const creditScale = 1 << 20

// nextBranch chooses a branch by smooth weighted round robin: each branch's credit grows
// by its weight, the branch with the highest credit is chosen, and its credit falls by
// what all have grown. Over any number of choices with the same weights each branch is
// less than one choice away from its exact share. It returns -1 if no branch has a weight.
//
// numbers are the credits of the branches, then the total of the weights that
// they were earned by: weights from variables may change, and the worth of
// a choice changes with them.
func nextBranch(numbers, weights []int) int {
	credit, unit := numbers[:len(weights)], &numbers[len(weights)]
	total := 0
	for _, w := range weights {
		total += w
	}
	if total == 0 {
		return -1
	}
	if *unit != 0 && *unit != total {
		for i := range credit {
			credit[i] = int(math.Round(float64(credit[i]) / float64(*unit) * float64(total)))
		}
	}
	*unit = total
	best, grown := -1, 0
	for i, w := range weights {
		credit[i] += w * creditScale
		grown += credit[i]
		if w > 0 && (best < 0 || credit[i] > credit[best]) {
			best = i
		}
	}
	credit[best] -= grown // of all, as the credits summed up to 0 before
	return best
}
