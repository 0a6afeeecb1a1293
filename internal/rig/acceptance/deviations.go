package acceptance

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/carrier"
)

// deviationCase is one unusual or faulty behaviour of a far end, and how the call must end.
type deviationCase struct {
	name  string
	flow  string
	does  carrier.Behaviour
	exits []string // of make_outbound_call
	// within is how long the execution may take.
	within time.Duration
	check  func(t *Suite, name string, r carrier.Record)
}

// plays is a caller of flow play who hangs up after the time, recording the audio.
func plays(hangup time.Duration, asks ...carrier.Request) carrier.Behaviour {
	b := carrier.Answers(100 * time.Millisecond)
	b.HangupAfter, b.Requests, b.Record, b.Trace = hangup, asks, time.Minute, true
	return b
}

func deviating(b carrier.Behaviour, o carrier.Deviation) carrier.Behaviour {
	b.Deviation = o
	return b
}

func ask(after time.Duration, kind carrier.Kind) carrier.Request {
	return carrier.Request{After: after, Kind: kind}
}

func deviations() []deviationCase {
	s, quick := time.Second, plays(2*time.Second)
	early, rings, reliable := quick, carrier.Behaviour{Trying: true, Provisional: 180}, quick
	early.Provisional, early.Early = 183, true
	reliable.FinalAfter = s
	crossing := carrier.Answers(50 * time.Millisecond)
	crossing.HangupAfter = time.Nanosecond
	moved := carrier.Refuses(302)
	moved.Deviation.Redirects = "<sip:+13032000001@127.0.0.1:5070>"
	answered := []string{"answered"}
	return []deviationCase{
		{"the session description is in the 183 only", "play", deviating(early, carrier.Deviation{BareAnswer: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"no session description at all", "play", deviating(quick, carrier.Deviation{BareAnswer: true}), []string{"error"}, 10 * s, endedBy("caller")},
		{"the answer has a codec that was not offered", "play", deviating(quick, carrier.Deviation{ForeignCodec: true}), []string{"error"}, 10 * s, endedBy("caller")},
		{"the answer refuses the audio (port 0)", "play", deviating(quick, carrier.Deviation{NoMedia: true}), []string{"error"}, 10 * s, endedBy("caller")},
		{"18x that demands PRACK", "play", deviating(reliable, carrier.Deviation{Reliable: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"18x of another fork than the 200", "play", deviating(quick, carrier.Deviation{RingsFork: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"a route set and another Contact", "play", deviating(quick, carrier.Deviation{Routed: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"a route set, ended by the server", "hangup", deviating(carrier.Answers(50*time.Millisecond), carrier.Deviation{Routed: true}), answered, 10 * s, endedBy("caller")},
		{"200 again after the ACK", "play", deviating(quick, carrier.Deviation{RepeatsAnswer: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"180 after the 200", "play", deviating(quick, carrier.Deviation{RingsLate: true}), answered, 10 * s, hears(1500 * time.Millisecond)},
		{"no answer to CANCEL", "hangup", deviating(rings, carrier.Deviation{IgnoresCancel: true}), []string{"no_answer"}, 60 * s, nil},
		{"481 to CANCEL, INVITE left open", "hangup", deviating(rings, carrier.Deviation{RefusesCancel: true}), []string{"no_answer"}, 60 * s, nil},
		{"no answer to BYE", "hangup", deviating(carrier.Answers(50*time.Millisecond), carrier.Deviation{IgnoresBye: true}), answered, 5 * s, endedBy("caller")},
		{"both hang up at once", "hangup", crossing, answered, 5 * s, nil},
		{"302", "hangup", moved, []string{"error"}, 5 * s, nil},
		{"hold and back while a prompt plays", "play", plays(8*s, ask(2*s, carrier.Hold), ask(4*s, carrier.Resume)), answered, 15 * s, held},
		{"audio moves to another port", "play", plays(5*s, ask(2*s, carrier.Move)), answered, 15 * s, movedOn(carrier.Move)},
		{"audio changes to A-law", "play", plays(5*s, ask(2*s, carrier.Change)), answered, 15 * s, movedOn(carrier.Change)},
		{"re-INVITE without offer", "play", plays(4*s, ask(s, carrier.Bare)), answered, 15 * s, asked(carrier.Bare, 200)},
		{"UPDATE without offer", "play", plays(3*s, ask(s, carrier.Update)), answered, 15 * s, asked(carrier.Update, 200)},
		{"INFO", "play", plays(3*s, ask(s, carrier.Info)), answered, 15 * s, asked(carrier.Info, 200)},
		{"OPTIONS within the call", "play", plays(3*s, ask(s, carrier.Ping)), answered, 15 * s, asked(carrier.Ping, 200)},
		{"REFER", "play", plays(3*s, ask(s, carrier.Refer)), answered, 15 * s, asked(carrier.Refer, 403, 405, 501, 603)},
	}
}

// Deviations tests what real user agents do beyond the seed's plain call.
func (t *Suite) Deviations(ctx context.Context) {
	var all sync.WaitGroup
	for _, m := range deviations() {
		all.Go(func() { t.deviation(ctx, m) })
	}
	all.Wait()
	t.awaitIdle(5 * time.Second)
}

func (t *Suite) deviation(ctx context.Context, m deviationCase) {
	number := t.number(m.does)
	a, err := t.platform.Start(ctx, m.flow, map[string]string{"contact_1": number})
	if err != nil {
		t.Check(false, "%s: %v", m.name, err)
		return
	}
	began := time.Now()
	e, err := t.platform.Ended(ctx, a.ExecutionID, m.within)
	step := e.Step("make_outbound_call")
	if err != nil || step == nil {
		t.Check(false, "%s: %s %v", m.name, e, err)
	} else {
		t.Check(among(step.Exit, m.exits), "%s: ends by %s after %s, want %v: %s", m.name, step.Exit, time.Since(began).Round(time.Millisecond), m.exits, e)
	}
	r, over := t.reached(number, carrier.Ended, 3*time.Second)
	if !over {
		if !m.does.Deviation.IgnoresCancel && !m.does.Deviation.RefusesCancel {
			t.Check(false, "%s: the call is over (%s)", m.name, r.State)
		}
		t.carrier.Abandon(number)
		return
	}
	if m.check != nil {
		m.check(t, m.name, r)
	}
}

func endedBy(party string) func(*Suite, string, carrier.Record) {
	return func(t *Suite, name string, r carrier.Record) {
		t.Check(r.EndedBy == party && !r.AckedAt.IsZero(), "%s: ended by the %s, acknowledged %v", name, r.EndedBy, !r.AckedAt.IsZero())
	}
}

func hears(least time.Duration) func(*Suite, string, carrier.Record) {
	return func(t *Suite, name string, r carrier.Record) {
		if r.Phone == nil {
			t.Check(false, "%s: there was no audio", name)
			return
		}
		h := r.Phone.Recording()
		long := time.Duration(h.Packets) * 20 * time.Millisecond
		t.Check(long >= least && h.Lost() == 0 && len(h.Faults) == 0, "%s: %s of audio received, %d lost, %d pauses, faults %v", name, long, h.Lost(), h.Pauses, h.Faults)
	}
}

func asked(kind carrier.Kind, codes ...int) func(*Suite, string, carrier.Record) {
	return func(t *Suite, name string, r carrier.Record) {
		right := false
		for _, c := range codes {
			right = right || r.Asked[kind] == c
		}
		t.Check(right, "%s: answered %v, want %v", name, r.Asked, codes)
		hears(time.Second)(t, name, r)
	}
}

// held checks that nothing is sent during the hold and that audio resumes.
func held(t *Suite, name string, r carrier.Record) {
	t.Check(r.Asked[carrier.Hold] == 200 && r.Asked[carrier.Resume] == 200, "%s: answered %v", name, r.Asked)
	h := r.Phone.Recording()
	during, after := 0, 0
	for _, a := range h.Trace {
		switch since := time.Unix(0, a.At).Sub(r.AckedAt); {
		case since > 2100*time.Millisecond && since < 3950*time.Millisecond:
			during++
		case since > 4200*time.Millisecond:
			after++
		}
	}
	t.Check(during == 0 && after > 150, "%s: %d packets during the hold, %d after it", name, during, after)
	t.Check(h.Lost() == 0 && h.Sources == 1, "%s: %d lost by sequence, %d sources", name, h.Lost(), h.Sources)
}

// movedOn checks that audio follows to the new phone and stops at the old one.
func movedOn(kind carrier.Kind) func(*Suite, string, carrier.Record) {
	return func(t *Suite, name string, r carrier.Record) {
		t.Check(r.Asked[kind] == 200 && r.Left != nil, "%s: answered %v", name, r.Asked)
		if r.Left == nil {
			return
		}
		r.Left.Close()
		old, fresh := r.Left.Recording(), r.Phone.Recording()
		t.Check(fresh.Packets > 120 && fresh.Lost() == 0 && len(fresh.Faults) == 0 && audio.Level(fresh.PCM()) > -60,
			"%s: the new address hears %d packets, %d lost, faults %v", name, fresh.Packets, fresh.Lost(), fresh.Faults)
		t.Check(old.Last-fresh.First < int64(100*time.Millisecond), "%s: the old address hears nothing more", name)
	}
}
