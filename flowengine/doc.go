// Package flowengine runs versions of flows: Engine accepts executions, walks their
// steps and writes their journals. It uses the telephone through the interfaces of
// call.go and the disk through those of storage.go.
//
// It does not know SIP, RTP, HTTP or SQL, nor the name of any component: components are
// given to it as data (package components holds them), so a flow runs in a unit test in
// microseconds with a scripted callee, and the same flow runs on a real trunk.
//
// Packages flowfile (what a flow file says) and record (what is stored of a run) stand
// below it. Here read engine.go, program.go, execution.go, run_steps.go and step_context.go.
package flowengine
