package carrier

import (
	"sort"
	"strings"
	"time"

	"ringflow/internal/rig/phone"
)

// Record is what became of one call, as a copy.
type Record struct {
	// Number is the user part of the Request-URI, Caller that of From,
	// Asserted the P-Asserted-Identity, Diversion that header.
	Number, Caller, Asserted, Diversion string
	CallID                              string
	State                               State
	// Code is the final answer to the INVITE, 0 while there is none.
	Code int
	// Invites counts the INVITE and its retransmissions.
	Invites int
	// EndedBy is the party that ended it: caller, carrier, cancel, refusal, or "" for a
	// call that still lives.
	EndedBy string
	// Reason is the Reason header of the CANCEL or BYE that came.
	Reason string
	// The times are the kernel's arrival stamps for what came and the clock's
	// for what was sent; zero for what did not happen. ByeAt is the first BYE
	// either way.
	InviteAt, RangAt, CancelledAt, AnsweredAt, AckedAt, ByeAt, EndedAt time.Time
	// FinalAt is when the final answer first left without being lost.
	FinalAt time.Time
	// ForkAcked and ForkByed tell what became of a second 200's dialog.
	ForkAcked, ForkByed bool
	// Asked are the codes that the Behaviour's Asks met, 0 for no answer.
	Asked map[Kind]int
	// Acks counts the ACKs of the 200; Pracked tells whether a PRACK came.
	Acks    int
	Pracked bool
	// Left is the phone that a Move left behind.
	Left *phone.Phone
	// Phone is its telephone; nil when the call never had audio.
	Phone *phone.Phone
}

// Fault is a rule that a caller broke: how often, and the first time in full.
type Fault struct {
	Rule, Detail, Example string
	Count                 int
}

// Calls returns the record of every call since the last Forget, in the order
// of their INVITEs.
func (c *Carrier) Calls() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	records := make([]Record, len(c.all))
	for i, call := range c.all {
		records[i] = call.copy()
	}
	return records
}

// To returns the calls to one number.
func (c *Carrier) To(number string) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var records []Record
	for _, call := range c.all {
		if call.record.Number == number {
			records = append(records, call.copy())
		}
	}
	return records
}

// Live counts the calls that are not over. An INVITE that was never answered
// at all made no call.
func (c *Carrier) Live() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.all {
		if call.state != Ended && call.lastAnswer != nil {
			n++
		}
	}
	return n
}

// In counts the calls in the state.
func (c *Carrier) In(s State) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.in(s)
}

// Count is the number of calls since the last Forget.
func (c *Carrier) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

func (c *Carrier) in(s State) int {
	n := 0
	for _, call := range c.all {
		if call.state == s {
			n++
		}
	}
	return n
}

// Hangup ends every call to the number that is talking.
func (c *Carrier) Hangup(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.all {
		if call.record.Number == number {
			call.on(hangup, arrival{})
		}
	}
}

// Abandon ends the calls to the number without a word, as a carrier does that
// noticed the caller's death.
func (c *Carrier) Abandon(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.all {
		if call.record.Number == number && call.state != Ended {
			call.ended("abandoned")
			call.end()
			call.state = Ended
		}
	}
}

// Take returns the records of calls that are over, and drops them.
func (c *Carrier) Take() []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var records []Record
	var live []*Call
	for _, call := range c.all {
		if call.state == Ended {
			records = append(records, call.copy())
		} else {
			live = append(live, call)
		}
	}
	c.all = live
	return records
}

// Orphan tells the carrier that a caller has died: of the calls that were begun
// before, that many of those talking are hung up, and all others end without a
// word, as at a carrier that noticed.
func (c *Carrier) Orphan(before time.Time, hangUp int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.all {
		switch {
		case call.state == Ended || call.state == Leaving || !call.record.InviteAt.Before(before):
		case call.state == Talking && hangUp > 0:
			hangUp--
			call.on(hangup, arrival{})
		default:
			call.ended("abandoned")
			call.end()
			call.state = Ended
		}
	}
}

// Forget drops the records of calls that are over, and all faults.
func (c *Carrier) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var live []*Call
	for _, call := range c.all {
		if call.state != Ended {
			live = append(live, call)
		}
	}
	c.all, c.faults = live, map[string]*Fault{}
}

// Faults returns what was broken, most frequent first.
func (c *Carrier) Faults() []Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Fault
	for _, f := range c.faults {
		list = append(list, *f)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Count > list[j].Count })
	return list
}

func (c *Carrier) fault(rule, detail string, example []byte) {
	f := c.faults[rule]
	if f == nil {
		f = &Fault{Rule: rule, Detail: detail, Example: strings.ReplaceAll(string(example), "\r\n", "\n")}
		c.faults[rule] = f
	}
	f.Count++
}
