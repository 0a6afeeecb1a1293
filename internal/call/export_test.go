package call

import (
	"ringflow/flowengine"
	"ringflow/media"
)

// SetDecode has files decoded by f. Call it before anything else.
func (l *Library) SetDecode(f func([]byte) (*media.Prompt, error)) { l.decode = f }

// MaxDecoding is how many files are decoded at once.
const MaxDecoding = maxDecoding

// WouldLookWhetherHeard stops the leg's look at whether it is heard, and reports
// whether it was still to come.
func WouldLookWhetherHeard(c flowengine.Contact) bool { return c.(*Call).contact.unheard.timer.Stop() }

// LookWhetherHeard has the leg look now.
func LookWhetherHeard(c flowengine.Contact) { c.(*Call).contact.lookWhetherHeard() }
