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

// Account has the caller ids, destinations and trunks of calls. It is immutable once a
// Switch has it: see SetAccounts.
type Account struct {
	Name    string
	Country string // two letters; numbers without + are read as this country's; empty: refused
	Numbers []numbers.E164
	Plan    numbers.Plan
	Trunks  []*Trunk
	// QueueWait is how long a call waits for a channel if all are in use; 0: not at all. A
	// leg to an agent waits before calls to contacts, and no longer than it may ring.
	QueueWait time.Duration
	// Service is a number of a trunk's own, as numbers.ServiceNumber reads it, that is called as it
	// stands, though it is no telephone number and the Plan does not have it; empty: none.
	Service string

	ringback *media.Prompt
}

// Trunk is a SIP trunk with its limits and settings.
type Trunk struct {
	sip.Trunk
	sip.Share
	id           trunkID
	Callers      []numbers.E164 // from which calls go over it; none: from all
	Destinations []string       // countries and prefixes, as in a numbers.Plan, to which they go; none: to all
	Channels     int            // legs at once; 0 is no limit
	// CallsPerSecond is how many calls begin a second, evenly spaced; 0 is no limit.
	CallsPerSecond float64
	Responses      []ResponseRule        // the first that matches decides, before Exits
	Exits          map[int]flowfile.Exit // by SIP code, before the table of ExitRules
	Codecs         []sdp.Codec           // what is offered, in order; none is sdp.DefaultCodecs
	Sources        media.SourcePolicy    // of RTP
	AudioIP        IPVersion             // of the audio; empty: IPAsSIP
	SRTP           sdp.SRTPPolicy        // of the audio
	Suites         []sdp.Suite           // of SRTP, the preferred first; none is sdp.DefaultSuites
	Identity       Identity
	// MaxDuration is how long a leg may last from its answer on; 0 is MaxLegDuration.
	MaxDuration time.Duration
}

// trunkID names a trunk, whatever its settings.
type trunkID struct{ account, name string }

// prepare sets the fields that follow from others.
func (a *Account) prepare() {
	a.ringback = media.Ringback(a.Country)
	for _, t := range a.Trunks {
		t.id = trunkID{a.Name, t.Name}
	}
}

// destination reads a number of a trigger or a flow, and checks that calls to it are
// allowed.
func (a *Account) destination(raw string) (numbers.E164, error) {
	if a.Service != "" && raw == a.Service {
		return numbers.E164(raw), nil
	}
	to, err := numbers.Parse(raw, a.Country)
	if err == nil {
		err = a.Plan.Permits(to)
	}
	return to, err
}

// callerID reads a number, and checks that it is the account's.
func (a *Account) callerID(raw string) (numbers.E164, error) {
	from, err := numbers.Parse(raw, a.Country)
	if err == nil && !slices.Contains(a.Numbers, from) {
		err = fmt.Errorf("%s is not a number of account %s", from, a.Name)
	}
	return from, err
}
