package call

import "ringflow/flowengine"

// WouldLookWhetherHeard stops the leg's look at whether it is heard, and reports
// whether it was still to come.
func WouldLookWhetherHeard(c flowengine.Contact) bool { return c.(*Call).contact.silence.timer.Stop() }

// LookWhetherHeard has the leg look now.
func LookWhetherHeard(c flowengine.Contact) { c.(*Call).contact.checkSilence() }
