package sip

import (
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

var sipgoGlobals sync.Once

// setSipgoGlobals is the one place that changes sipgo's package variables. It
// runs with the first Listen of the process, before any transaction reads them.
//
// UDPMTUSize: sipgo refuses to send any UDP message longer than this less 200,
// responses too, instead of letting IP fragment it (its default is 1500). Its
// timers keep their RFC 3261 defaults, T1 500 ms.
func setSipgoGlobals() {
	sipgoGlobals.Do(func() { sipmsg.UDPMTUSize = 65535 })
}
