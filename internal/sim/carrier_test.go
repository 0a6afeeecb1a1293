package sim_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

func TestRefusals(t *testing.T) {
	cause := sim.Busy()
	cause.Final.Cause = 17
	tests := []struct {
		name     string
		phone    sim.Behaviour
		code     int
		q850     int
		progress bool
	}{
		{"busy", sim.Busy(), 486, 0, true},
		{"busy, with its cause", cause, 486, 17, true},
		{"declines", sim.Declines(), 603, 0, true},
		{"invalid", sim.Invalid(), 404, 0, false},
		{"any other", sim.Refuses(480, "Temporarily Unavailable"), 480, 0, true},
		{"after some ringing", sim.Busy().After(300 * time.Millisecond), 486, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: test.phone}})
			l := c.call(customer)
			if test.progress {
				if p := await[sip.Progress](l); p.Code != 180 {
					t.Errorf("it first answered %d, want 180", p.Code)
				}
			}
			out := await[sip.Ended](l)
			if out.Answered || out.Code != test.code || out.Q850 != test.q850 {
				t.Errorf("it ended with %+v, want code %d, cause %d", out.Outcome, test.code, test.q850)
			}
			if got := out.EndedAt.Sub(out.InviteSentAt); got < test.phone.RingTime {
				t.Errorf("it rang for %v, want %v", got, test.phone.RingTime)
			}
			call := c.ended(1)[0]
			if call.Number != customer || call.From != own || call.Outcome.Code != test.code || call.HungUpByPhone() {
				t.Errorf("the carrier saw %+v", call)
			}
		})
	}
}

func TestSilentRingsUntilTheCallerGivesUp(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.Silent()}})
	l := c.call(customer)
	await[sip.Progress](l)
	l.session.Hangup(sip.Cause{})
	if out := await[sip.Ended](l); out.Answered || out.Code != 487 {
		t.Errorf("it ended with %+v, want 487", out.Outcome)
	}
	if call := c.ended(1)[0]; call.Outcome.Answered || call.Outcome.By != sip.EndedRemote {
		t.Errorf("the phone saw %+v, want a call cancelled by its caller", call.Outcome)
	}
}

func TestUnknownNumber(t *testing.T) {
	c := newCaller(t, sim.Config{})
	if out := await[sip.Ended](c.call("+12025550199")); out.Code != 404 {
		t.Errorf("it ended with %d, want 404", out.Code)
	}
	c.carrier.SetBehaviour("12025550199", sim.Busy())
	if out := await[sip.Ended](c.call("+12025550199")); out.Code != 486 {
		t.Errorf("once it has a phone it ended with %d, want 486", out.Code)
	}
}

func TestBothHearEachOther(t *testing.T) {
	codecs := map[string][]sdp.Codec{
		sdp.PCMU: sdp.DefaultCodecs(),
		sdp.PCMA: {{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}},
	}
	for name, codecs := range codecs {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, sim.Config{Codecs: codecs, Phones: map[string]sim.Behaviour{
				customer: sim.Answers(sim.Say(media.Tone(-10, time.Second, 700)), sim.Pause(500*time.Millisecond), sim.HangUp()),
			}})
			l := c.call(customer)
			await[sip.Answered](l)
			recording := l.port.Record()
			l.port.Play(media.NewPrompt(media.Tone(-10, time.Second, 1100)))
			out := await[sip.Ended](l)
			if out.By != sip.EndedRemote || out.Q850 != 16 {
				t.Errorf("it ended with %+v, want a BYE with cause 16", out.Outcome)
			}
			if !sim.HasTone(recording.Stop(), 800*time.Millisecond, 700) {
				t.Error("the caller did not hear the phone's tone")
			}
			call := c.ended(1)[0]
			if !sim.HasTone(call.Recording, 800*time.Millisecond, 1100) || sim.HasTone(call.Recording, 100*time.Millisecond, 700) {
				t.Error("the phone did not hear the caller's tone, and that alone")
			}
			if call.Codec != name || !call.HungUpByPhone() || call.Fault != "" {
				t.Errorf("the carrier saw %q, hung up by phone: %v, fault %q", call.Codec, call.HungUpByPhone(), call.Fault)
			}
		})
	}
}

func TestEarlyMediaBeforeTheAnswer(t *testing.T) {
	phone := sim.Busy().After(500 * time.Millisecond)
	phone.Early = media.Tone(-10, 200*time.Millisecond, 440)
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: phone}})
	l := c.call(customer)
	if p := await[sip.Progress](l); p.Code != 183 || len(p.Body) == 0 {
		t.Fatalf("it first answered %d with %d bytes of SDP, want 183 with some", p.Code, len(p.Body))
	}
	recording := l.port.Record()
	if out := await[sip.Ended](l); out.Code != 486 {
		t.Errorf("it ended with %+v, want 486", out.Outcome)
	}
	if !sim.HasTone(recording.Stop(), 300*time.Millisecond, 440) {
		t.Error("the early sound was not heard")
	}
}

func TestDigitsBothWays(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{
		customer: sim.Answers(sim.Pause(200*time.Millisecond), sim.SendDigits("19*#"), sim.Pause(2*time.Second), sim.HangUp()),
	}})
	l := c.call(customer)
	await[sip.Answered](l)
	var got string
	for timeout := time.After(within); len(got) < 4; {
		select {
		case k := <-l.port.Digits():
			got += string(k.Symbol)
		case <-timeout:
			t.Fatalf("got the keys %q, want 19*#", got)
		}
	}
	if got != "19*#" {
		t.Errorf("got the keys %q, want 19*#", got)
	}
	l.port.SendDigits("42")
	await[sip.Ended](l)
	if call := c.ended(1)[0]; call.Digits != "42" {
		t.Errorf("the phone got the keys %q, want 42", call.Digits)
	}
}

func TestHangsUp(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.HangsUp(300 * time.Millisecond)}})
	l := c.call(customer)
	out := await[sip.Ended](l)
	if !out.Answered || out.By != sip.EndedRemote {
		t.Errorf("it ended with %+v, want a BYE from the phone", out.Outcome)
	}
	if lasted := out.EndedAt.Sub(out.AnsweredAt); lasted < 250*time.Millisecond {
		t.Errorf("it lasted %v, want about 300 ms", lasted)
	}
}

// TestAnACKWithoutAnAnswer: an INVITE without an offer is answered with one, and
// a caller that leaves it unanswered is hung up on.
func TestAnACKWithoutAnAnswer(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.Answers()}})
	l := c.invite(sip.Outgoing{To: customer}, false)
	if out := await[sip.Ended](l); !out.Answered || out.By != sip.EndedRemote {
		t.Errorf("it ended with %+v, want a BYE from the phone", out.Outcome)
	}
	if call := c.ended(1)[0]; call.Fault == "" || call.Codec != "" || !call.HungUpByPhone() {
		t.Errorf("the carrier saw %+v, want a call with a fault and no codec", call)
	}
}

func TestHoldAndBack(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.Answers()}})
	l := c.call(customer)
	await[sip.Answered](l)
	for _, step := range []struct{ ours, theirs sdp.Direction }{
		{sdp.SendOnly, "recvonly"}, {sdp.Inactive, "inactive"}, {sdp.SendRecv, "sendrecv"},
	} {
		l.local.Version++
		l.local.Direction = step.ours
		l.session.Reoffer(sdp.Offer(l.local))
		r := await[sip.ReofferResult](l)
		if r.Code != 200 || !strings.Contains(string(r.Body), "a="+string(step.theirs)+"\r\n") {
			t.Errorf("%s is answered %d, want 200 with %s:\n%s", step.ours, r.Code, step.theirs, r.Body)
		}
	}
	l.session.Reoffer([]byte("v=0\r\nm=audio nonsense\r\n"))
	if r := await[sip.ReofferResult](l); r.Code != 488 {
		t.Errorf("nonsense is answered %d, want 488", r.Code)
	}
	l.session.Hangup(sip.Cause{})
	c.ended(1)
}

func TestNoCommonCodec(t *testing.T) {
	c := newCaller(t, sim.Config{
		Codecs: []sdp.Codec{{Name: "G722", PayloadType: 9, Rate: 8000}},
		Phones: map[string]sim.Behaviour{customer: sim.Answers()},
	})
	if out := await[sip.Ended](c.call(customer)); out.Code != 488 {
		t.Errorf("it ended with %+v, want 488", out.Outcome)
	}
	if call := c.ended(1)[0]; call.Fault == "" {
		t.Error("the carrier saw no fault")
	}
}

func TestCuesLetOneWaitForTheOther(t *testing.T) {
	const agent = "+12025550188"
	spoken := sim.NewSignal()
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{
		customer: sim.Answers(spoken.Wait(), sim.HangUp()),
		agent:    sim.Answers(sim.Pause(300*time.Millisecond), spoken.Set(), spoken.Set(), sim.Pause(time.Hour)),
	}})
	first, second := c.call(customer), c.call(agent)
	await[sip.Answered](first)
	answered := await[sip.Answered](second)
	out := await[sip.Ended](first)
	if waited := out.EndedAt.Sub(answered.At); waited < 250*time.Millisecond {
		t.Errorf("the customer hung up %v after the agent answered, before the cue", waited)
	}
	second.session.Hangup(sip.Cause{})
	c.ended(2)
}

func TestCloseHangsUp(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.Answers(), "+12025550188": sim.Silent()}})
	talking, ringing := c.call(customer), c.call("+12025550188")
	await[sip.Answered](talking)
	await[sip.Progress](ringing)
	if err := c.carrier.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if out := await[sip.Ended](talking); !out.Answered || out.By != sip.EndedRemote {
		t.Errorf("the call that stood ended with %+v, want a BYE", out.Outcome)
	}
	if out := await[sip.Ended](ringing); out.Answered || out.Code < 400 {
		t.Errorf("the call that rang ended with %+v, want a refusal", out.Outcome)
	}
	if err := c.carrier.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func TestWait(t *testing.T) {
	c := newCaller(t, sim.Config{Phones: map[string]sim.Behaviour{customer: sim.Answers()}})
	if calls := c.ended(0); len(calls) != 0 {
		t.Errorf("%d calls before the first", len(calls))
	}
	await[sip.Answered](c.call(customer))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if calls, err := c.carrier.Wait(short, 0); !errors.Is(err, context.DeadlineExceeded) || len(calls) != 1 {
		t.Errorf("while a call lives: %d calls, %v; want one and the context's error", len(calls), err)
	}
	done := make(chan error, 1)
	go func() { _, err := c.carrier.Wait(t.Context(), 9); done <- err }()
	_ = c.carrier.Close()
	if err := <-done; !errors.Is(err, sim.ErrClosed) {
		t.Errorf("once it is closed: %v, want ErrClosed", err)
	}
}

func TestStartRefuses(t *testing.T) {
	if c, err := sim.Start(sim.Config{PortMin: 44001, PortMax: 44000}); err == nil {
		_ = c.Close()
		t.Error("a port range that ends before it begins was taken")
	}
	first, err := sim.Start(sim.Config{PortMin: 44000, PortMax: 44999})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if second, err := sim.Start(sim.Config{Addr: first.Addr(), PortMin: 44000, PortMax: 44999}); err == nil {
		_ = second.Close()
		t.Error("an address in use was taken")
	}
}
