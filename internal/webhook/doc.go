// Package webhook posts the events of journals, signed, to an account's own servers,
// and retries until they are delivered.
//
// Deliveries wait in an Outbox, written together with the events, so that a crash
// loses none. An event may arrive more than once, always with the same id; the events
// of one execution arrive in their order. Each hook has goroutines and connections of
// its own, so that a slow one delays no other. The package does not know SQL, SIP, or
// how a flow runs.
//
// Read it in this order: hook.go (what an account configures), delivery.go (what is
// posted, and the outbox), signature.go, delivery_post.go (one attempt),
// retry_pause.go (the pause before the next), hook_sender.go (one hook),
// dispatcher.go (all of them).
package webhook
