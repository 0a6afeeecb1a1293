// Package call is where signalling, audio and flows meet. It rings contacts and
// agents over trunks, plays to them, listens to their keys, joins them, and says
// how each attempt ended. It satisfies the interfaces that flowengine declares,
// and knows nothing of HTTP or SQL.
//
// Read it in this order: cause.go (what a SIP answer means), detail.go (what it does
// not say), account.go (who may call whom, from which number, through which trunk),
// leg.go (one dialog with its audio), exchange.go (placing legs), line.go (waiting for a channel), call.go
// (what a flow does with the contact), connect.go (the second leg and the bridge).
package call
