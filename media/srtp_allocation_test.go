package media

import (
	"testing"
	"time"

	"ringflow/media/sdp"
)

// Encryption allocates nothing per packet: neither a prompt, nor what is received, nor what
// a bridge relays from one key to another.
func TestNoAllocationPerSRTPPacket(t *testing.T) {
	for _, suite := range sdp.Suites() {
		t.Run(string(suite), func(t *testing.T) {
			_, a, b := pair(t)
			keys := sdp.NewCrypto([]sdp.Suite{suite, suite})
			for _, x := range []struct {
				p, far  *Port
				in, out sdp.MasterKey
			}{{a, b, keys[0].Key, keys[1].Key}, {b, a, keys[1].Key, keys[0].Key}} {
				x.p.Negotiate(sdp.Negotiated{
					Remote: x.far.LocalAddr(), Codec: sdp.Codec{Name: sdp.PCMU, Rate: 8000}, HasEvents: true, EventPT: 101, Direction: sdp.SendRecv,
					SRTP: sdp.SRTP{Suite: suite, Send: x.out, Receive: x.in},
				}, Sources{})
			}
			a.Play(NewPrompt(make([]int16, 80000)).Loop())
			b.Record() // so that every packet is read
			at := int64(1 << 40)
			before := b.Stats().Received
			check := func(what string, act func(w *worker)) {
				t.Helper()
				var allocations float64
				a.do(func(w *worker) { allocations = testing.AllocsPerRun(200, func() { act(w) }) })
				if allocations != 0 {
					t.Errorf("%s: %.2f allocations a packet", what, allocations)
				}
			}
			check("prompt", func(w *worker) {
				at += 20
				a.serve(w, at, time.Duration(at)*tick)
			})
			check("receive", func(w *worker) {
				b.recording = nil // it grows
				b.receive(w, b.sockets[ipv4], w.now()+time.Duration(at)*tick)
			})
			if received := b.Stats().Received; received < before+10 {
				t.Errorf("%d packets were received", received-before)
			}
			Join(a, b)
			k := packet{from: headerSize, to: headerSize + 160, ssrc: 5}
			frame := make([]byte, headerSize+160)
			check("relay", func(w *worker) {
				k.seq, k.ts = k.seq+1, k.ts+160
				b.relayAudio(w, w.now(), frame, k, pcmu, 160, nil)
			})
		})
	}
}
