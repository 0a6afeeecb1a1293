package demo

// Options is what `ringflow demo` was asked for.
type Options struct {
	Customer, Agent string // what they do; expectationOf says what should come of it
	Dir             string // folder for everything it leaves; empty is a new temporary one
	JSON            bool
}

// The choices of --customer and --agent, the first being the default.
var (
	CustomerChoices = []string{"answers", "busy", "declines", "invalid", "silent", "hangs-up", "blocked"}
	AgentChoices    = []string{"answers", "busy", "silent", "invalid"}
)
