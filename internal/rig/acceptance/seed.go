package acceptance

import (
	"context"
	"strings"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/platform"
)

const (
	customerTone = 700
	agentTone    = 1300
)

// seedCase is one way in which the seed flow can go.
type seedCase struct {
	name            string
	customer, agent carrier.Behaviour
	// hangs is the party that hangs up, and when: agent, customer, "" for none.
	hangs, when string
	// forward is the exit that forward_to_external_number may take; agentDialled
	// whether the agent's phone must ring at all.
	forward      []string
	agentDialled bool
	bridged      bool
}

// Seed runs installation-help through its endings.
func (t *Suite) Seed(ctx context.Context) {
	customer := carrier.Answers(500 * time.Millisecond)
	customer.Tone, customer.Record, customer.Trace = customerTone, 90*time.Second, true
	agent := carrier.Answers(3500 * time.Millisecond)
	agent.Tone, agent.Record, agent.Trace = agentTone, 90*time.Second, true
	holding := agent
	holding.Requests = []carrier.Request{{After: 2 * time.Second, Kind: carrier.Hold}, {After: 4 * time.Second, Kind: carrier.Resume}}
	early := agent
	early.Provisional, early.Early = 183, true
	aLaw := customer
	aLaw.Codec = 8
	for _, c := range []seedCase{
		{"agent hangs up", customer, agent, "agent", "bridged", []string{"ok"}, true, true},
		{"customer hangs up", customer, agent, "customer", "bridged", []string{"ok"}, true, true},
		{"customer in A-law, agent in µ-law", aLaw, agent, "agent", "bridged", []string{"ok"}, true, true},
		{"agent puts the call on hold and takes it back", customer, holding, "customer", "after hold", []string{"ok"}, true, true},
		{"agent's trunk sends early media", customer, early, "agent", "bridged", []string{"ok"}, true, true},
		{"customer hangs up while the agent rings", customer, carrier.Behaviour{Trying: true, Provisional: 180}, "customer", "ringing", []string{"ok", "call_aborted"}, true, false},
		{"customer hangs up in the announcement", customer, agent, "customer", "announcement", nil, false, false},
		{"agent busy", customer, carrier.Refuses(486), "", "", []string{"busy", "no_answer"}, true, false},
	} {
		t.Print("-- %s", c.name)
		t.seedCall(ctx, c)
	}
	t.awaitIdle(5 * time.Second)
}

func (t *Suite) seedCall(ctx context.Context, c seedCase) {
	one, two := t.number(c.customer), t.number(c.agent)
	a, err := t.platform.Start(ctx, "installation-help", map[string]string{"contact_1": one, "contact_2": two})
	if !t.Check(err == nil, "the trigger is answered 202 (%v)", err) {
		return
	}
	customer, ok := t.reached(one, carrier.Talking, 10*time.Second)
	if !t.Check(ok, "the customer is called and answers (%s)", customer.State) {
		return
	}
	t.Check(customer.Caller == account, "the customer sees the account's number (%s)", customer.Caller)
	var agent carrier.Record
	switch c.when {
	case "announcement":
		time.Sleep(1500 * time.Millisecond)
	case "ringing":
		agent, ok = t.reached(two, carrier.Ringing, 30*time.Second)
		t.Check(ok, "the agent's phone rings")
		time.Sleep(time.Second)
	case "bridged", "after hold":
		if agent, ok = t.reached(two, carrier.Talking, 40*time.Second); !t.Check(ok, "the agent is called and answers") {
			return
		}
		time.Sleep(map[string]time.Duration{"bridged": 4 * time.Second, "after hold": 6500 * time.Millisecond}[c.when])
	}
	hungAt := time.Now()
	if c.hangs != "" {
		t.carrier.Hangup(map[string]string{"agent": two, "customer": one}[c.hangs])
	}
	e, err := t.platform.Ended(ctx, a.ExecutionID, 40*time.Second)
	t.Check(err == nil && e.Status == "finished", "the execution ends finished: %s (%v)", e, err)
	customer, ok = t.reached(one, carrier.Ended, 2*time.Second)
	t.Check(ok, "the customer's call is over, ended by the %s", customer.EndedBy)
	if c.agentDialled {
		agent, ok = t.reached(two, carrier.Ended, 2*time.Second)
		t.Check(ok, "the agent's call is over, ended by the %s", agent.EndedBy)
	} else {
		late := t.carrier.To(two)
		if !t.Check(len(late) == 0, "the agent is never called") {
			t.Print("     the agent was called %s after the customer's BYE and ended by %s", late[0].InviteAt.Sub(customer.ByeAt), late[0].EndedBy)
		}
	}
	t.seedExits(c, e)
	t.seedEnd(c, customer, agent, hungAt)
	if c.bridged {
		t.seedAudio(c, customer, agent, hungAt)
	}
}

func (t *Suite) seedExits(c seedCase, e platform.Execution) {
	call := e.Step("make_outbound_call")
	t.Check(call != nil && call.Exit == "answered", "make_outbound_call exits by answered")
	if c.forward == nil {
		return
	}
	forward := e.Step("forward_to_external_number")
	t.Check(forward != nil && among(forward.Exit, c.forward), "forward_to_external_number exits by one of %v", c.forward)
}

func among(word string, words []string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// seedEnd checks the end of both legs, its delay, and the caller number at the agent.
func (t *Suite) seedEnd(c seedCase, customer, agent carrier.Record, hungAt time.Time) {
	other, by := customer, "caller"
	if c.hangs == "customer" {
		other = agent
		if c.when == "ringing" {
			by = "cancel"
		}
	}
	if c.hangs != "" && c.agentDialled {
		soon := other.EndedAt.Sub(hungAt)
		t.Check(other.EndedBy == by && soon < time.Second, "the other side is ended by %s %s after (%s)", by, soon.Round(time.Millisecond), other.EndedBy)
	}
	if c.agentDialled {
		t.Check(agent.Caller == customer.Number, "the agent sees the contact's number (%s)", agent.Caller)
		t.Check(strings.Contains(agent.Asserted, account), "P-Asserted-Identity has the account's number (%q)", agent.Asserted)
	}
	if c.when == "after hold" {
		t.Check(agent.Asked[carrier.Hold] == 200 && agent.Asked[carrier.Resume] == 200, "hold and its end are answered 200 (%v)", agent.Asked)
	}
}

// stretch cuts the recording between two times.
func stretch(h *phone.Recording, pcm []int16, from, to time.Time) []int16 {
	at := func(m time.Time) int {
		return min(len(pcm), max(0, int((m.UnixNano()-h.First)*audio.Rate/1e9)))
	}
	i, j := at(from), at(to)
	return pcm[min(i, j):j]
}

// seedAudio checks what both received.
func (t *Suite) seedAudio(c seedCase, customer, agent carrier.Record, hungAt time.Time) {
	ch, ah := customer.Phone.Recording(), agent.Phone.Recording()
	received, answered := ch.PCM(), ah.PCM()
	name := strings.ReplaceAll(c.name, " ", "-")
	t.writeRecording(name+"-customer", received)
	t.writeRecording(name+"-agent", answered)
	first := time.Unix(0, ch.First).Sub(customer.AckedAt)
	t.Check(first < 50*time.Millisecond, "the customer's first audio comes %s after the ACK", first.Round(10*time.Microsecond))
	announced := stretch(ch, received, customer.AckedAt, agent.InviteAt)
	t.Check(loud(announced) > 2*time.Second && ringback(announced) < 0.3,
		"the customer hears %s of speech in %s before the agent is called", loud(announced), agent.InviteAt.Sub(customer.AckedAt).Round(time.Millisecond))
	waiting := stretch(ch, received, agent.InviteAt.Add(200*time.Millisecond), agent.AnsweredAt)
	if c.agent.Early {
		p := best(waiting, agentTone)
		t.Check(p > 0.9, "the customer hears the trunk's early media (purity %.3f)", p)
	} else {
		p := ringback(waiting)
		t.Check(p > 0.9, "the customer hears ringback while the agent rings (440+480 Hz purity %.3f)", p)
	}
	bridged := agent.AckedAt.Add(300 * time.Millisecond)
	end := hungAt.Add(-100 * time.Millisecond)
	if c.when == "after hold" {
		bridged = agent.AckedAt.Add(4500 * time.Millisecond)
	}
	p, q := worst(stretch(ch, received, bridged, end), agentTone), worst(stretch(ah, answered, bridged, end), customerTone)
	t.Check(p > 0.9 && q > 0.9, "each hears the other's tone all the time (purity at worst: customer %.3f, agent %.3f)", p, q)
	t.Check(ch.Lost() == 0 && ah.Lost() == 0, "no packet is lost (customer %d of %d, agent %d of %d)", ch.Lost(), ch.Span, ah.Lost(), ah.Span)
	t.Check(len(ch.Faults) == 0 && len(ah.Faults) == 0, "the RTP is in order (%v %v)", ch.Faults, ah.Faults)
	t.Check(ch.Sources == 1 && ah.Sources == 1, "one SSRC each (%d, %d)", ch.Sources, ah.Sources)
}

// loud is how long the samples are louder than −45 dB.
func loud(samples []int16) (d time.Duration) {
	for i := 0; i+audio.Frame <= len(samples); i += audio.Frame {
		if audio.Level(samples[i:i+audio.Frame]) > -45 {
			d += 20 * time.Millisecond
		}
	}
	return d
}

const block = audio.Rate / 2

// ringback is the best half second's part of the energy at 440 and 480 Hz.
func ringback(samples []int16) float64 {
	most := 0.0
	for i := 0; i+block <= len(samples); i += block / 4 {
		most = max(most, audio.Purity(samples[i:i+block], 440)+audio.Purity(samples[i:i+block], 480))
	}
	return most
}

// best and worst are the extremes of the tone's purity over half seconds.
func best(samples []int16, tone int) float64 {
	most := 0.0
	for i := 0; i+block <= len(samples); i += block {
		most = max(most, audio.Purity(samples[i:i+block], tone))
	}
	return most
}

func worst(samples []int16, tone int) float64 {
	least, any := 1.0, false
	for i := 0; i+block <= len(samples); i += block {
		least, any = min(least, audio.Purity(samples[i:i+block], tone)), true
	}
	if !any {
		return 0
	}
	return least
}
