package call_test

import (
	"context"
	"net"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/sip"
)

// heardKeys reads keys until none comes for a while.
func heardKeys(t *testing.T, c flowengine.Contact) (keys string) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
		key, err := c.Digit(ctx)
		cancel()
		if err != nil {
			return keys
		}
		keys += string(key)
	}
}

func (f *farEnd) info(s *sip.Session, key string) {
	s.Info("application/dtmf-relay", []byte("Signal="+key+"\r\nDuration=100\r\n"))
}

// A press that comes as telephone event and as INFO is one, whichever is first; a key
// that is pressed twice stays two. Each row is what is sent and the key that is then
// read; 0: none.
func TestAPressThatComesBothWays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := newFarEnd(w, answerWith("127.0.0.88", 4000))
	contact := w.dial(customer)
	s := <-f.calls
	to := target(t, s.Offer())
	f.talk(to, 5)
	event, info := func(key byte) { f.press(to, key-'0') }, func(key byte) { f.info(s, string(key)) }
	for i, step := range []struct {
		send func(byte)
		key  byte
		read rune
	}{
		{event, '5', '5'}, {info, '5', 0}, // the event first
		{info, '6', '6'}, {event, '6', 0}, // the INFO first
		{event, '7', '7'}, {info, '7', 0}, {event, '7', '7'}, {info, '7', 0}, // twice, both ways
		{event, '8', '8'}, {event, '8', '8'}, // twice one way
		{info, '9', '9'}, {info, '9', '9'},
		{event, '1', '1'}, {info, '1', 0}, {info, '2', '2'}, {event, '2', 0},
	} {
		step.send(step.key)
		if step.read == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if key, err := contact.Digit(ctx); key != step.read || err != nil {
			t.Errorf("step %d: %c, %v, want %c", i, key, err, step.read)
		}
		cancel()
	}
	if keys := heardKeys(t, contact); keys != "" {
		t.Errorf("then %q", keys)
	}
	contact.HangUp()
}

// In a bridge a key by INFO is passed on if its sender has no telephone events, which
// a bridge passes on by itself; it is for the flow all the same.
func TestKeysByInfoInABridge(t *testing.T) {
	t.Parallel()
	without := func(_ *farEnd, s *sip.Session) {
		s.Answer([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.88\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"))
	}
	for name, c := range map[string]struct {
		answer func(*farEnd, *sip.Session)
		sends  bool // an event comes all the same
		passed bool
	}{
		"the contact has no telephone events":     {without, false, true},
		"the contact has agreed to some":          {answerWith("127.0.0.88", 4000), false, false},
		"the contact sends some nobody agreed to": {without, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			far := listenAt(t, "127.0.0.89") // the agent's phone
			answered := 0
			f := newFarEnd(w, func(f *farEnd, s *sip.Session) {
				if answered++; answered == 1 {
					c.answer(f, s)
					return
				}
				s.Answer(states("127.0.0.89", uint16(far.LocalAddr().(*net.UDPAddr).Port)))
			})
			contact := w.dial(customer)
			s := <-f.calls
			f.talk(target(t, s.Offer()), 5)
			if c.sends {
				f.press(target(t, s.Offer()), 3)
				if key, err := contact.Digit(t.Context()); key != '3' || err != nil {
					t.Errorf("%c, %v", key, err)
				}
			}
			ctx, hangUp := context.WithCancel(t.Context())
			talking := make(chan error, 1)
			go func() { _, err := w.connect(ctx, contact); talking <- err }()
			agentOf := <-f.calls
			for until := time.Now().Add(5 * time.Second); !has(w.journal.kinds(), record.LegsJoined) && time.Now().Before(until); {
				<-time.After(5 * time.Millisecond)
			}
			if _, err := far.WriteToUDPAddrPort(append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, make([]byte, 160)...), target(t, agentOf.Offer())); err != nil {
				t.Fatal(err)
			}
			f.info(s, "4")
			passed := false
			b := make([]byte, 2000)
			patience := time.Second
			if c.passed {
				patience *= 10
			}
			_ = far.SetReadDeadline(time.Now().Add(patience))
			for !passed || !c.passed {
				n, err := far.Read(b)
				if err != nil {
					break
				}
				passed = passed || n == 16 && b[1]&0x7F == 101 && b[12] == 4
			}
			if passed != c.passed {
				t.Errorf("passed on: %v, want %v", passed, c.passed)
			}
			hangUp()
			<-talking
			if keys := heardKeys(t, contact); keys != "4" {
				t.Errorf("for the flow: %q, want 4", keys)
			}
			contact.HangUp()
		})
	}
}
