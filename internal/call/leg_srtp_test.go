package call_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/media/sdp"
)

// srtpPhone answers under a policy, says a tone and hangs up.
func srtpPhone(p sdp.SRTPPolicy, acts ...sim.Action) sim.Behaviour {
	b := sim.Answers(append(acts, sim.SendDigits("7"), sim.Pause(300*time.Millisecond), sim.Say(customerVoice))...)
	b.SRTP = p
	return b
}

// TestSRTPPolicies: the trunk's policy meets the phone's. What is agreed on is in the
// journal, and where nothing is, no packet has left and the cause is in words.
func TestSRTPPolicies(t *testing.T) {
	const suite = string(sdp.AESCM128HMAC80)
	for _, x := range []struct {
		trunk, phone sdp.SRTPPolicy
		agreed       string // empty: plain RTP
		detail       string // of a call that fails
	}{
		{sdp.SRTPRequired, sdp.SRTPRequired, suite, ""},
		{sdp.SRTPRequired, sdp.SRTPOptional, suite, ""},
		{sdp.SRTPRequired, sdp.SRTPOff, "", "the offer was SRTP alone (the trunk's srtp is required)"},
		{sdp.SRTPOptional, sdp.SRTPRequired, suite, ""},
		{sdp.SRTPOptional, sdp.SRTPOptional, suite, ""},
		{sdp.SRTPOptional, sdp.SRTPOff, "", ""},
		{sdp.SRTPOff, sdp.SRTPOptional, "", ""},
		{sdp.SRTPOff, sdp.SRTPRequired, "", "the offer was plain RTP (the trunk's srtp is off): a far end that wants SRTP answers so"},
	} {
		t.Run(string(x.trunk+" to "+x.phone), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]sim.Behaviour{customer: srtpPhone(x.phone, sim.Pause(200*time.Millisecond))})
			w.trunk.SRTP = x.trunk
			if x.detail != "" {
				c, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
				if c != nil || err != nil || out.Exit != flowfile.ExitError || out.SIP.Code != 488 || !strings.Contains(out.Detail, x.detail) {
					t.Errorf("%+v, %v, want an error with %q", out, err, x.detail)
				}
				if sent := w.plane.Stats().Sent; sent != 0 {
					t.Errorf("%d packets have left", sent)
				}
				return
			}
			c := w.dial(customer)
			if err := c.Play(t.Context(), whistled(4)); err != nil {
				t.Fatal(err)
			}
			if digit, err := c.Digit(t.Context()); err != nil || digit != '7' {
				t.Errorf("digit %q, %v", digit, err)
			}
			c.HangUp()
			ended := w.ended(1)[0]
			if !sim.HasTone(ended.Recording, 200*time.Millisecond, 1000) {
				t.Error("the phone has not heard the prompt")
			}
			if string(ended.Audio.Suite) != x.agreed || ended.Audio.Unauthenticated != 0 {
				t.Errorf("the phone has %+v", ended.Audio)
			}
			if a := w.journal.last(record.LegEnded, record.PartyContact).Leg.Audio; a == nil || a.SRTP != x.agreed || a.Unauthenticated != 0 {
				t.Errorf("the journal has %+v", a)
			}
			if logged := strings.Contains(w.log.String(), "a far end takes no SRTP"); logged != (x.trunk == sdp.SRTPOptional && x.agreed == "") {
				t.Errorf("the log says of a missing encryption: %t", logged)
			}
			w.checkHidden(ended.Offer)
		})
	}
}

// checkHidden holds that neither log nor journal has a key of an offer.
func (w *world) checkHidden(offer []byte) {
	w.t.Helper()
	journal, err := json.Marshal(w.journal.events)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, key := range regexp.MustCompile(`inline:(\S+)`).FindAllSubmatch(offer, -1) {
		for what, text := range map[string]string{"log": w.log.String(), "journal": string(journal), "trace": w.invites.String()} {
			if strings.Contains(text, string(key[1])) {
				w.t.Errorf("the %s has a key", what)
			}
		}
	}
}

// TestSRTPRequiredIsNeverPlain: whatever an answer has in place of a key that fits, the leg
// ends with the cause in words, and no packet has left.
func TestSRTPRequiredIsNeverPlain(t *testing.T) {
	t.Parallel()
	replace := func(pattern, with string) func([]byte) []byte {
		return func(b []byte) []byte { return regexp.MustCompile(pattern).ReplaceAll(b, []byte(with)) }
	}
	for name, x := range map[string]struct {
		alter func([]byte) []byte
		says  string
	}{
		"no crypto":             {replace(`a=crypto.*\r\n`, ""), "SRTP without a crypto attribute"},
		"no crypto, plain":      {func(b []byte) []byte { return replace(`SAVP`, "AVP")(replace(`a=crypto.*\r\n`, "")(b)) }, "the audio stream is plain RTP, and SRTP is required"},
		"another suite":         {replace(`AES_CM_128_HMAC_SHA1_80`, "AES_CM_128_HMAC_SHA1_32"), "tag 1 with AES_CM_128_HMAC_SHA1_32 was not offered"},
		"wrong tag":             {replace(`crypto:1 `, "crypto:2 "), "tag 2 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		"a key cut short":       {replace(`inline:....`, "inline:"), "its key and salt have 27 bytes, want 30"},
		"a lifetime of nothing": {replace(`(inline:\S+)`, "$1|2^4"), `its key serves for "2^4" packets`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := srtpPhone(sdp.SRTPRequired)
			phone.AlterSDP = x.alter
			w := newWorld(t, map[string]sim.Behaviour{customer: phone})
			w.trunk.SRTP = sdp.SRTPRequired
			c, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
			if c != nil || err != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, x.says) {
				t.Errorf("%+v, %v, want an error with %q", out, err, x.says)
			}
			if sent := w.plane.Stats().Sent; sent != 0 {
				t.Errorf("%d packets have left", sent)
			}
			ended := w.ended(1)[0]
			w.checkHidden(ended.Offer)
			if e := w.journal.last(record.LegEnded, record.PartyContact); !strings.Contains(e.Error, x.says) {
				t.Errorf("the journal has %q, want %q in it", e.Error, x.says)
			}
		})
	}
}

// TestSRTPLifetime: a key that serves for longer than a leg may last is agreed to.
func TestSRTPLifetime(t *testing.T) {
	phone := srtpPhone(sdp.SRTPRequired)
	phone.AlterSDP = func(b []byte) []byte { return regexp.MustCompile(`(inline:\S+)`).ReplaceAll(b, []byte("$1|2^31")) }
	w := newWorld(t, map[string]sim.Behaviour{customer: phone})
	w.trunk.SRTP = sdp.SRTPRequired
	c := w.dial(customer)
	if err := c.Play(t.Context(), whistled(3)); err != nil {
		t.Fatal(err)
	}
	c.HangUp()
	if ended := w.ended(1)[0]; !sim.HasTone(ended.Recording, 200*time.Millisecond, 1000) {
		t.Error("the phone has not heard the prompt")
	}
}

// TestSRTPReoffers: a re-INVITE brings new keys, and audio goes on under them; one that would
// take the encryption away, or bring it where srtp is off, is answered 488, and audio goes on
// as it was.
func TestSRTPReoffers(t *testing.T) {
	for _, x := range []struct {
		trunk, phone, next sdp.SRTPPolicy
		code               int
	}{
		{sdp.SRTPRequired, sdp.SRTPRequired, sdp.SRTPRequired, 200},
		{sdp.SRTPRequired, sdp.SRTPRequired, sdp.SRTPOptional, 200},
		{sdp.SRTPRequired, sdp.SRTPRequired, sdp.SRTPOff, 488},
		{sdp.SRTPOptional, sdp.SRTPOptional, sdp.SRTPOptional, 200},
		{sdp.SRTPOptional, sdp.SRTPOptional, sdp.SRTPOff, 488},
		{sdp.SRTPOptional, sdp.SRTPOff, sdp.SRTPRequired, 200},
		{sdp.SRTPOff, sdp.SRTPOff, sdp.SRTPRequired, 488},
		{sdp.SRTPOff, sdp.SRTPOff, sdp.SRTPOptional, 200},
	} {
		t.Run(string(x.trunk+" and "+x.phone+" to "+x.next), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]sim.Behaviour{customer: srtpPhone(x.phone, sim.Reoffers(x.next), sim.Reoffers(x.next))})
			w.trunk.SRTP = x.trunk
			c := w.dial(customer)
			if digit, err := c.Digit(t.Context()); err != nil || digit != '7' {
				t.Errorf("digit %q, %v", digit, err)
			}
			if err := c.Play(t.Context(), whistled(4)); err != nil {
				t.Fatal(err)
			}
			c.HangUp()
			ended := w.ended(1)[0]
			if len(ended.Reoffers) != 2 || ended.Reoffers[0] != x.code || ended.Reoffers[1] != x.code {
				t.Errorf("answered %v, want %d twice", ended.Reoffers, x.code)
			}
			if !sim.HasTone(ended.Recording, 200*time.Millisecond, 1000) {
				t.Error("the phone has not heard the prompt")
			}
		})
	}
}

// TestSRTPBetweenLegs joins a contact and an agent of whom one or both have SRTP, each with
// keys of its own, with early media of the agent before.
func TestSRTPBetweenLegs(t *testing.T) {
	for _, x := range []struct{ contact, agent sdp.SRTPPolicy }{
		{sdp.SRTPRequired, sdp.SRTPOff}, {sdp.SRTPOff, sdp.SRTPRequired}, {sdp.SRTPRequired, sdp.SRTPRequired},
	} {
		t.Run(string(x.contact+" and "+x.agent), func(t *testing.T) {
			t.Parallel()
			contact, agents := sim.Answers(sim.Say(customerVoice)), sim.Answers(sim.Say(agentVoice[:16000]), sim.HangUp())
			contact.SRTP, agents.SRTP = x.contact, x.agent
			agents.Suites = []sdp.Suite{sdp.AESGCM128}
			agents.Early, agents.RingTime = media.Tone(-10, time.Second, 1500), 500*time.Millisecond
			w := newWorld(t, map[string]sim.Behaviour{customer: contact, agent: agents})
			w.trunk.SRTP = sdp.SRTPOptional
			c := w.dial(customer)
			if _, err := w.connect(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			c.HangUp()
			for _, ended := range w.ended(2) {
				freqs := []float64{1500, 700}
				if ended.Number == agent {
					freqs = []float64{400}
				}
				for _, freq := range freqs {
					if !sim.HasTone(ended.Recording, 200*time.Millisecond, freq) {
						t.Errorf("%s heard no %.0f Hz", ended.Number, freq)
					}
				}
				if ended.Audio.Unauthenticated != 0 {
					t.Errorf("%s got packets that are not authentic: %+v", ended.Number, ended.Audio)
				}
			}
			for party, policy := range map[record.Party]sdp.SRTPPolicy{record.PartyContact: x.contact, record.PartyAgent: x.agent} {
				if a := w.journal.last(record.LegEnded, party).Leg.Audio; a == nil || (a.SRTP != "") != (policy == sdp.SRTPRequired) || a.Unauthenticated != 0 {
					t.Errorf("the audio of the %s: %+v", party, a)
				}
			}
		})
	}
}
