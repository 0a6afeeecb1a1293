// Package script runs the JavaScript of flows on goja: one function, one object
// in, one object out, no network, no files, no timers, and a clock that stands
// still. It implements flowengine.Functions twice: Local runs a function in this
// process, for tests and for flows that one trusts; Child runs each in a process
// of its own, whose memory and processor time the kernel bounds, because goja
// itself cannot bound the memory of a function.
//
// It deliberately does not know flows, components or calls.
//
// Read it in this order: local.go, compile.go and unicode_property.go, prelude.go with
// prelude.js, locale.go, number.go, date.go, check.go, check_shape.go, check_members.go, then child.go.
package script
