// Package flowengine holds flows: what a flow file says, whether it may be
// published, and what happens when one runs. It drives the telephone through
// the interfaces of call.go and keeps what happened through those of
// journal.go and record.go.
//
// It deliberately does not know SIP, RTP, HTTP or SQL, nor the name of any
// component: components are handed to it as data (package components holds
// them), and so a flow runs in a unit test in microseconds with a scripted
// callee, and the same flow runs on a real trunk.
//
// Read it in this order: flow.go and parse.go (the file), spec.go and define.go
// (what a component is), text.go and number.go (variables in fields), check.go
// (what may be published), then engine.go, execution.go and turn.go (a run).
package flowengine
