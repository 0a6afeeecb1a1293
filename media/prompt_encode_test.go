package media

import (
	"net/netip"
	"testing"
	"time"

	"ringflow/media/sdp"
)

// A long prompt is heard while it is encoded, and the plane's end ends that, whenever it
// comes: another plane then plays it whole.
func TestPromptIsPlayedWhileItIsEncoded(t *testing.T) {
	prompt := NewPrompt(Tone(-10, 20*time.Second, 1000))
	for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		plane, err := NewPlane(PlaneConfig{Bind: netip.MustParseAddr("127.0.0.1"), PortMin: 43000, PortMax: 43098})
		if err != nil {
			t.Fatal(err)
		}
		port, err := plane.Open()
		if err != nil {
			t.Fatal(err)
		}
		port.Negotiate(sdp.Negotiated{Remote: netip.MustParseAddrPort("127.0.0.1:9"), Codec: opus.Codec, Direction: sdp.SendRecv}, Sources{})
		playback := port.Play(prompt)
		prompt.shared.mu.Lock()
		a := prompt.shared.each[opus.usual()]
		prompt.shared.mu.Unlock()
		if a != nil && a.ready.Load() < int64(opus.usual().size(encodedLead)) {
			t.Errorf("%d bytes are ready when it is played", a.ready.Load())
		}
		<-time.After(after)
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
		<-playback.Done()
	}
	if a := prompt.encoded(opus.usual(), nil); int(a.ready.Load()) != len(a.payload) || len(a.payload) != 20*50*60 {
		t.Errorf("%d of %d bytes are encoded", a.ready.Load(), len(a.payload))
	}
}
