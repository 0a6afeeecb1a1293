package acceptance

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/platform"
)

// underWay is how many packets may be between two phones when both are asked.
const underWay = 5

// bridged is one forwarded call: both records and what each received on the plateau.
type bridged struct {
	customer, agent           carrier.Record
	customerTone, agentTone   int
	customerHeard, agentHeard *phone.Recording
}

// Forward has N customers joined with N agents at once.
func (t *Suite) Forward(ctx context.Context, pairs int) {
	floor := t.relayFloorFor(pairs)
	server, err := platform.Watch(t.ServerPID)
	if !t.Check(err == nil, "the server's process can be watched (%v)", err) {
		return
	}
	began := time.Now()
	b := carrier.Answers(200 * time.Millisecond)
	var arguments []map[string]string
	tones := map[string]int{}
	for i := range pairs {
		customer, agent := b, b
		customer.Tone, agent.Tone = 300+10*(i%100), 1500+10*((i+i/100)%100)
		one, two := t.number(customer), t.number(agent)
		tones[one], tones[two] = customer.Tone, agent.Tone
		arguments = append(arguments, map[string]string{"contact_1": one, "contact_2": two})
	}
	triggers := t.startAll(ctx, "forward", t.TriggersPerSecond, arguments)
	t.allAccepted(triggers)
	joined := t.await(30*time.Second, func() bool { return t.carrier.In(carrier.Talking) == 2*pairs })
	t.Check(joined, "%d of %d legs talk at once, %s after the first POST", t.carrier.In(carrier.Talking), 2*pairs, time.Since(began).Round(time.Millisecond))
	time.Sleep(1500 * time.Millisecond)
	calls := t.byNumber()
	var all []*bridged
	for _, a := range arguments {
		one, two := calls[a["contact_1"]], calls[a["contact_2"]]
		if len(one) == 1 && len(two) == 1 && one[0].Phone != nil && two[0].Phone != nil {
			all = append(all, &bridged{customer: one[0], agent: two[0], customerTone: tones[one[0].Number], agentTone: tones[two[0].Number]})
		}
	}
	t.Check(len(all) == pairs, "%d of %d pairs have one call each and audio", len(all), pairs)
	from := t.restartRecordings(all)
	time.Sleep(t.Plateau)
	to := time.Now()
	t.takeRecordings(all)
	t.hangUp(all)
	server.Stop()
	packets := t.bridgedAudio(all)
	t.allFinished(ctx, triggers)
	cores := server.Cores(from, to)
	resident := server.At(began).Resident
	t.Figure("server on the plateau", "%.3f cores over %s for %d bridged calls, %d packets a second", cores, to.Sub(from).Round(time.Second), pairs, int(float64(packets)/to.Sub(from).Seconds()))
	t.Beside(server, from, to)
	t.Figure("server memory", "%.1f MB at rest, %.1f MB on the plateau, %.1f kB a bridged call", float64(resident)/1e6,
		float64(server.Resident(from, to))/1e6, float64(server.Resident(from, to)-resident)/1e3/float64(pairs))
	t.relayRatio(perPacket(cores, to.Sub(from), packets), floor, t.relayFloorFor(pairs))
	t.reportRig()
	t.awaitIdle(3 * time.Second)
}

// onEach does something to both phones of every pair at the same moment.
func onEach(all []*bridged, do func(p *phone.Phone, pair *bridged, customer bool)) {
	var each sync.WaitGroup
	for _, pair := range all {
		each.Go(func() { do(pair.customer.Phone, pair, true) })
		each.Go(func() { do(pair.agent.Phone, pair, false) })
	}
	each.Wait()
}

// restartRecordings has every phone forget the time before the plateau.
func (t *Suite) restartRecordings(all []*bridged) time.Time {
	onEach(all, func(p *phone.Phone, _ *bridged, _ bool) { p.Restart(2 * time.Second) })
	return time.Now()
}

func (t *Suite) takeRecordings(all []*bridged) {
	onEach(all, func(p *phone.Phone, pair *bridged, customer bool) {
		h := p.Restart(0)
		if customer {
			pair.customerHeard = h
		} else {
			pair.agentHeard = h
		}
	})
}

// hangUp lets agents and customers take turns in hanging up, and checks that
// the other side is ended each time.
func (t *Suite) hangUp(all []*bridged) {
	for i, pair := range all {
		number := pair.agent.Number
		if i%2 == 1 {
			number = pair.customer.Number
		}
		t.carrier.Hangup(number)
		time.Sleep(2 * time.Millisecond)
	}
	t.await(10*time.Second, func() bool { return t.carrier.Live() == 0 })
	calls, good := t.byNumber(), 0
	for i, pair := range all {
		first, other := calls[pair.agent.Number][0], calls[pair.customer.Number][0]
		if i%2 == 1 {
			first, other = other, first
		}
		if first.EndedBy == "carrier" && other.EndedBy == "caller" && other.EndedAt.Sub(first.ByeAt) < 2*time.Second {
			good++
		}
	}
	t.Check(good == len(all), "in %d of %d pairs one hangs up and the other is ended within 2 s", good, len(all))
}

// relayRatio compares by the packet, since a rig that is short of processor
// sends fewer.
func (t *Suite) relayRatio(server, before, after time.Duration) {
	t.Figure("server, a relayed packet", "%s", server)
	if before+after == 0 {
		return
	}
	t.Figure("floor, recvfrom and sendto a packet", "%s before, %s after", before, after)
	t.Figure("server over floor", "%.2f", 2*server.Seconds()/(before+after).Seconds())
}

// bridgedAudio checks what was received on the plateau and returns how many
// packets that was.
func (t *Suite) bridgedAudio(all []*bridged) (packets int) {
	good, foreign, lost, faulty, short := 0, 0, 0, 0, 0
	var faults map[string]int
	least := 1.0
	var delays []time.Duration
	sent := 0
	check := func(h, spoke *phone.Recording, speaker uint16, tone int) bool {
		sent += spoke.Sent
		packets += h.Packets
		p := audio.Purity(h.PCM(), tone)
		least = min(least, p)
		for id, v := range h.Voices {
			if id != speaker {
				foreign += v.Packets
			}
		}
		v := h.Voices[speaker]
		if v == nil {
			return false
		}
		missing := int(v.Last-v.First) + 1 - v.Packets
		lost += missing
		if v.Packets < spoke.Sent-underWay {
			short++
		}
		if len(h.Faults)+h.Duplicates+h.Reordered > 0 || h.Lost() > 0 {
			faulty++
			faults = h.Faults
		}
		for _, d := range h.Delays {
			delays = append(delays, time.Duration(d)*time.Microsecond)
		}
		return p > 0.9 && missing == 0
	}
	for _, pair := range all {
		one := check(pair.customerHeard, pair.agentHeard, pair.agent.Phone.ID(), pair.agentTone)
		two := check(pair.agentHeard, pair.customerHeard, pair.customer.Phone.ID(), pair.customerTone)
		if one && two {
			good++
		}
	}
	t.Check(good == len(all), "%d of %d pairs hear each other's tone whole, both ways; least purity %.3f", good, len(all), least)
	t.Check(lost == 0, "%d packets of %d lost between two phones", lost, sent)
	t.Check(foreign == 0, "%d packets of somebody else's voice", foreign)
	t.Check(short == 0, "%d phones hear markedly less than the other says", short)
	t.Check(faulty == 0, "%d streams with faults, gaps, duplicates or disorder (%v)", faulty, faults)
	t.Figure("phone to phone through the server", "%s", Distribute(delays))
	return packets
}
