// Package webhook tells an account's own servers what becomes of its calls: it
// posts the events of journals, signed, and keeps at it until they arrive.
//
// What is to be told waits in an Outbox, written together with the events, so
// that a crash loses nothing. An event may arrive more than once, always with
// the same id; the events of one execution arrive in their order. Each hook has
// goroutines and connections of its own: one that is slow or dead delays nobody
// else. The package deliberately does not know SQL, SIP, or how a flow runs.
//
// Read it in this order: hook.go (what an account configures), letter.go (what
// is sent, and where it waits), signature.go, post.go (one attempt), pause.go
// (how long until the next), line.go (one hook), dispatcher.go (all of them).
package webhook
