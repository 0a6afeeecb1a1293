// Package call is where signalling, audio and flows meet. Its Switch places legs to
// contacts and agents over trunks; a Call plays prompts to the contact, reads DTMF
// digits and bridges the contact and an agent. It satisfies the interfaces that
// flowengine declares, and knows nothing of HTTP or SQL.
//
// Files by their part: account_ and trunk_ (settings and state), switch_ (placing legs),
// channel_ (claiming a channel of a trunk), leg_ (one dialog with its audio), call_ (what
// a flow does with a contact), dtmf_ (digits of a leg), outcome_ (from a SIP response to
// an exit).
package call
