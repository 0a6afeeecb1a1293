// Package components is the catalogue: the kinds of steps that flows are made
// of. Each component is one file named after it, holding its spec, its fields
// and its code, and one line in catalogue.go; forms, checks, manual, JSON Schema
// and dispatch derive from the spec.
//
// It deliberately does not know SIP, RTP, HTTP servers or SQL: a component
// reaches the world through the flowengine.StepContext it is given.
//
// Read end_flow.go and play_audio.go first, then make_outbound_call.go.
package components
