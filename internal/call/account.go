package call

import (
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/numbers"
	"ringflow/sip"
)

// Account is who calls: the numbers it may show, the destinations it may reach
// and the trunks its calls leave through. Immutable once an Switch has it: what
// changes comes as another one.
type Account struct {
	Name    string
	Country string // two letters; numbers without + are read as this country's; empty: refused
	Numbers []numbers.E164
	Plan    numbers.Plan
	Trunks  []*Trunk
	// QueueWait is how long a call waits for a channel when all are in use, those
	// that came first before it; 0: not at all. A leg to an agent comes before
	// calls to contacts, and waits no longer than it may ring.
	QueueWait time.Duration

	ringback *media.Prompt
}

// Trunk is a way out with its limits and its carrier's habits.
type Trunk struct {
	sip.Trunk
	id       trunkID
	Channels int                   // legs at once; 0 is no limit
	Exits    map[int]flowfile.Exit // SIP code to exit, where the carrier means another thing by it
	Codecs   []sdp.Codec           // what is offered, in order; none is sdp.DefaultCodecs
	Sources  media.SourcePolicy    // where the packets of far ends may come from
	Identity Identity              // whose number is asserted where From shows the contact's
}

// trunkID names a trunk, also after its settings were changed.
type trunkID struct{ account, name string }

// prepare makes the account ready for an Switch.
func (a *Account) prepare() {
	a.ringback = media.Ringback(a.Country)
	for _, t := range a.Trunks {
		t.id = trunkID{a.Name, t.Name}
	}
}

// destination judges a number that a trigger or a flow gave. The error says
// what is wrong with it; no INVITE leaves.
func (a *Account) destination(raw string) (numbers.E164, error) {
	to, err := numbers.Parse(raw, a.Country)
	if err != nil {
		return "", err
	}
	if err := a.Plan.Permits(to); err != nil {
		return "", err
	}
	return to, nil
}

// callerID checks that the account may show a number as its own.
func (a *Account) callerID(raw string) (numbers.E164, error) {
	from, err := numbers.Parse(raw, a.Country)
	if err == nil && !slices.Contains(a.Numbers, from) {
		err = fmt.Errorf("%s is not a number of account %s", from, a.Name)
	}
	return from, err
}
