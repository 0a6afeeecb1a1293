package media

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/srtp/v3"

	"ringflow/media/sdp"
)

// far is the far end of a port's SRTP.
type far struct {
	t             *testing.T
	sends, hears  *srtp.Context
	seq           uint16
	sendKey, hear sdp.MasterKey
}

const testSuite = sdp.AESCM128HMAC80

func newFar(t *testing.T) *far {
	keys := sdp.NewCrypto([]sdp.Suite{testSuite, testSuite})
	f := &far{t: t, sendKey: keys[0].Key, hear: keys[1].Key}
	f.sends, f.hears = f.context(f.sendKey), f.context(f.hear)
	return f
}

func (f *far) context(key sdp.MasterKey) *srtp.Context {
	f.t.Helper()
	c, err := newSRTPContext(testSuite, key)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *far) agreed() sdp.SRTP {
	return sdp.SRTP{Suite: testSuite, Send: f.hear, Receive: f.sendKey}
}

// packet is a packet with a number.
func packetNumbered(seq uint16) []byte {
	b := make([]byte, headerSize+20)
	b[0] = 0x80
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[8:], 0xF00)
	return b
}

func (f *far) send(c *srtp.Context) []byte {
	f.t.Helper()
	f.seq++
	b, err := c.EncryptRTP(nil, packetNumbered(f.seq), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// wrap sends packets over a wrap of the numbers, few of them, and has the port read them.
func (f *far) wrap(c *portSRTP, w *worker) {
	f.t.Helper()
	for n := range 300 {
		if n < 200 {
			f.seq += 327
		}
		if _, ok := c.open(w, 0, f.send(f.sends)); !ok {
			f.t.Fatalf("packet %d is refused", f.seq)
		}
	}
}

// TestRolloverOfReceiving: the numbers wrap; the counter goes on over a negotiation that
// changes no key.
func TestRolloverOfReceiving(t *testing.T) {
	w, f := new(worker), newFar(t)
	var c portSRTP
	c.negotiate(0, f.agreed(), false)
	f.wrap(&c, w)
	c.negotiate(0, f.agreed(), false)
	f.wrap(&c, w)
	if _, roc := c.receivers[0].rollover(); roc != 2 {
		t.Errorf("the rollover counter is %d, want 2", roc)
	}
	first := c.receivers[0].context
	if _, ok := c.open(w, 0, f.send(f.sends)); !ok || c.receivers[0].context != first {
		t.Error("the context is another after a negotiation that changed nothing")
	}
}

// TestRekeyOfReceiving: with a new key the counter starts at 0 or goes on, as the far end
// likes; packets under the key before are taken for two seconds.
func TestRekeyOfReceiving(t *testing.T) {
	for name, goesOn := range map[string]bool{"counter at 0": false, "counter goes on": true} {
		t.Run(name, func(t *testing.T) {
			w, f, next := new(worker), newFar(t), newFar(t)
			var c portSRTP
			c.negotiate(0, f.agreed(), false)
			f.wrap(&c, w)
			at := time.Minute
			c.negotiate(at, next.agreed(), false)
			if _, ok := c.open(w, at+keyOverlap-1, f.send(f.sends)); !ok {
				t.Error("a packet that was on its way is refused")
			}
			next.seq = f.seq
			if goesOn {
				next.sends.SetROC(0xF00, 1)
			}
			for range 10 {
				if _, ok := c.open(w, at, next.send(next.sends)); !ok {
					t.Fatal("a packet under the new key is refused")
				}
			}
			if _, ok := c.open(w, at+keyOverlap, f.send(f.sends)); ok {
				t.Error("a packet under the old key is taken two seconds later")
			}
			if c.receivers[0].other != nil {
				t.Error("the other counter is still possible")
			}
		})
	}
}

// TestAddressChangeRestartsCounter: another device of the far end may begin at 0 with the
// same key.
func TestAddressChangeRestartsCounter(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		w, f := new(worker), newFar(t)
		var c portSRTP
		c.negotiate(0, f.agreed(), false)
		f.wrap(&c, w)
		c.negotiate(0, f.agreed(), true)
		if restarts {
			f.sends, f.seq = f.context(f.sendKey), 1000
		}
		for i := range 5 {
			if _, ok := c.open(w, 0, f.send(f.sends)); !ok {
				t.Errorf("restarts %t: packet %d is refused", restarts, i)
			}
		}
	}
}

// TestReplay: no packet is taken twice, within the window or behind it.
func TestReplay(t *testing.T) {
	w, f := new(worker), newFar(t)
	var c portSRTP
	c.negotiate(0, f.agreed(), false)
	var all [][]byte
	for range 400 {
		all = append(all, f.send(f.sends))
	}
	for i, b := range all {
		if i%2 == 1 {
			continue // late
		}
		if _, ok := c.open(w, 0, b); !ok {
			t.Fatalf("packet %d is refused", i)
		}
	}
	for i, b := range all {
		late := i%2 == 1 && i > len(all)-2-replayWindow
		if _, ok := c.open(w, 0, b); ok != late {
			t.Errorf("packet %d: taken %t, want %t", i, ok, late)
		}
		if _, ok := c.open(w, 0, b); ok {
			t.Errorf("packet %d is taken again", i)
		}
	}
}

// TestSourcesUnderOneKeyAreBounded: a far end that changes its SSRC is heard, and one that
// never stops takes no memory without end.
func TestSourcesUnderOneKeyAreBounded(t *testing.T) {
	w, f := new(worker), newFar(t)
	var c portSRTP
	c.negotiate(0, f.agreed(), false)
	for ssrc := range uint32(200) {
		b := packetNumbered(1)
		binary.BigEndian.PutUint32(b[8:], ssrc)
		sealed, err := f.sends.EncryptRTP(nil, b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := c.open(w, 0, sealed); ok != (ssrc < maxSSRCs) {
			t.Errorf("source %d: taken %t", ssrc, ok)
		}
	}
}

// TestRolloverOfSending: what is sent over a wrap of the numbers is read by a far end that
// counts the wraps.
func TestRolloverOfSending(t *testing.T) {
	w, f := new(worker), newFar(t)
	var c portSRTP
	c.negotiate(0, f.agreed(), false)
	for n := 0; n < 1<<17+200; n += 67 {
		b := packetNumbered(uint16(n))
		sealed, ok := c.protect(w, b)
		if !ok {
			t.Fatalf("packet %d is not sent", n)
		}
		if opened, err := f.hears.DecryptRTP(nil, sealed, nil); err != nil || !bytes.Equal(opened, b) {
			t.Fatalf("packet %d: %v", n, err)
		}
	}
	if roc, _ := f.hears.ROC(0xF00); roc != 2 {
		t.Errorf("the far end has counted %d wraps, want 2", roc)
	}
}

// TestNumberIsSentOnce: two packets under one number would share a keystream.
func TestNumberIsSentOnce(t *testing.T) {
	w, f := new(worker), newFar(t)
	var c portSRTP
	c.negotiate(0, f.agreed(), false)
	for _, x := range []struct {
		seq  uint16
		sent bool
	}{
		{65530, true}, {65530, false}, {65532, true}, {65531, true}, {65531, false}, {2, true}, {65535, true}, {1, true}, {1, false}, {65535, false},
		{1000, true}, {2, false}, {936, false}, {937, true}, {937, false}, {1000, false},
	} {
		if _, ok := c.protect(w, packetNumbered(x.seq)); ok != x.sent {
			t.Errorf("number %d: sent %t, want %t", x.seq, ok, x.sent)
		}
	}
	// A negotiation to plain RTP and back does not start again.
	c.negotiate(0, sdp.SRTP{}, false)
	c.negotiate(0, newFar(t).agreed(), false)
	c.negotiate(0, f.agreed(), false)
	if _, ok := c.protect(w, packetNumbered(1000)); ok {
		t.Error("number 1000 is sent again under its key")
	}
}

// TestKeysThatDoNotFit: a key of another length than its suite's makes no stream, and
// nothing is sent or received in clear.
func TestKeysThatDoNotFit(t *testing.T) {
	w := new(worker)
	for _, s := range []sdp.SRTP{
		{Suite: testSuite}, {Suite: testSuite, Send: "short", Receive: "short"}, {Suite: "AES_999", Send: "x", Receive: "y"},
	} {
		var c portSRTP
		c.negotiate(0, s, false)
		if !c.encrypted() {
			t.Errorf("%s: it is plain RTP", s.Suite)
		}
		if _, ok := c.protect(w, packetNumbered(1)); ok {
			t.Errorf("%s: a packet is sent", s.Suite)
		}
		if _, ok := c.open(w, 0, packetNumbered(1)); ok {
			t.Errorf("%s: a packet is received", s.Suite)
		}
	}
}

// TestKeysAreBounded: a far end that changes its key all the time takes no memory without
// end.
func TestKeysAreBounded(t *testing.T) {
	var c portSRTP
	for range 50 {
		c.negotiate(0, newFar(t).agreed(), false)
	}
	if len(c.senders) > maxSRTPKeys || len(c.receivers) > maxSRTPKeys {
		t.Errorf("%d senders, %d receivers", len(c.senders), len(c.receivers))
	}
}

// Whatever comes: no panic, and nothing that was not sent under the key.
func FuzzSRTP(f *testing.F) {
	key := sdp.NewCrypto([]sdp.Suite{testSuite, sdp.AESGCM128})
	f.Add(packetNumbered(1))
	f.Add(append([]byte{0x9F, 0}, packetNumbered(1)...))
	f.Add(bytes.Repeat([]byte{0xBF}, 80))
	w := new(worker)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range key {
			for _, mki := range []string{"", "\x01"} {
				var c portSRTP
				c.negotiate(0, sdp.SRTP{Suite: k.Suite, Send: k.Key, Receive: k.Key, ReceiveMKI: mki}, false)
				if !isPacket(b) || len(b) > datagram {
					return
				}
				if _, ok := c.open(w, 0, b); ok {
					t.Errorf("% x is taken", b)
				}
			}
		}
	})
}
