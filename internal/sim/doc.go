// Package sim is a simulated carrier with phones behind it, for the demo and
// for tests: real SIP and real RTP over loopback sockets, and people who answer,
// refuse, let it ring, talk, press keys and hang up as they are told.
//
// It places no calls, knows nothing of flows, and judges nobody: a test asks the
// Carrier for the facts of each Call and for what the phone heard.
//
// Read it in this order: carrier.go (the carrier and its numbers), behaviour.go
// (what a phone does), act.go (what its person does once they talk), phone.go
// (one call to one phone), call.go (the facts), login.go (digest), recognise.go
// (was this sound heard), tone.go (was this tone).
package sim
