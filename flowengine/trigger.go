package flowengine

import (
	"errors"
	"maps"
	"slices"
	"time"

	"ringflow/flowengine/record"
)

// ErrDraining: the engine refuses new work because it is about to stop.
var ErrDraining = errors.New("no new work is taken: shutting down")

// ErrQueueFull: as many of the account's calls as may wait for a channel.
var ErrQueueFull = errors.New("no new work is taken: too many calls wait for a free line")

// Trigger asks for one execution of a flow's published version.
type Trigger struct {
	Account string
	FlowID  string
	// Arguments are those of the request whose value is a text, a number or a
	// boolean, as JSON writes it; one that is null is left out.
	Arguments map[string]string
	// NonText names the arguments whose value is something else, and says what:
	// "an object" or "an array". They are refused if the flow declares them.
	NonText map[string]string
	// Unquoted names those of Arguments that JSON writes without quotes, and says
	// what they are: "a number" or "a boolean". A strict flow takes them only for
	// variables of such a type.
	Unquoted map[string]string
	// StartAt is when the execution is to begin; zero or past is at once. It is
	// accepted now, on the version that is published now.
	StartAt time.Time
	// CallingHours is the part of the day in which it may begin.
	CallingHours record.CallingHours
	// IdempotencyKey makes a trigger that is sent again start nothing again.
	IdempotencyKey record.IdempotencyKey
}

// recordedArguments returns the arguments as the record stores them: of one whose value
// is an object or an array, which no flow takes, the word for that.
func (t Trigger) recordedArguments() map[string]string {
	all := make(map[string]string, len(t.Arguments)+len(t.NonText))
	maps.Copy(all, t.NonText)
	maps.Copy(all, t.Arguments)
	return all
}

// argumentNames returns the names of all arguments, sorted.
func (t Trigger) argumentNames() []string {
	return slices.Sorted(maps.Keys(t.recordedArguments()))
}
