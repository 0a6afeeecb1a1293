package media

import (
	"bytes"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ringflow/media/sdp"
)

// opusPort is a port that sends in Opus to a far end, of a plane that the test closes.
func opusPort(t *testing.T, remote netip.AddrPort) (*Plane, *Port) {
	t.Helper()
	plane, err := NewPlane(PlaneConfig{Bind: LoopbackOf(t), PortMin: 43000, PortMax: 43098})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plane.Close() })
	port, err := plane.Open()
	if err != nil {
		t.Fatal(err)
	}
	port.Negotiate(sdp.Negotiated{Remote: remote, Codec: opus.Codec, Direction: sdp.SendRecv}, Sources{})
	return plane, port
}

// listen is a socket of a far end.
func listen(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: LoopbackOf(t).AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// A long prompt is heard while it is encoded.
func TestPromptIsPlayedWhileItIsEncoded(t *testing.T) {
	conn, remote := listen(t)
	_, port := opusPort(t, remote)
	prompt := NewPrompt(Tone(-10, 2*time.Minute, 1000))
	port.Play(prompt)
	a, size := prompt.startEncoding(opus.usual(), nil), opus.usual().size(cycle)
	if ready := int(a.ready.Load()); ready < opus.usual().size(encodedLead) || ready == len(a.payload) {
		t.Errorf("%d of %d bytes are encoded when it is played", ready, len(a.payload))
	}
	b := make([]byte, datagram)
	for heard := 0; heard < 3; {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatalf("%d packets of the prompt came: %v", heard, err)
		}
		if bytes.Equal(b[headerSize:n], a.payload[heard*size:(heard+1)*size]) {
			heard++
		}
	}
	if int(a.ready.Load()) == len(a.payload) {
		t.Error("all of it is encoded when three packets are heard")
	}
}

// The plane's end ends the encoding of a prompt, whenever it comes: another plane then plays
// it whole.
func TestPlaneIsClosedWhileAPromptIsEncoded(t *testing.T) {
	prompt := NewPrompt(Tone(-10, 20*time.Second, 1000))
	for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		plane, port := opusPort(t, netip.MustParseAddrPort("127.0.0.1:9"))
		playback := port.Play(prompt)
		<-time.After(after)
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
		<-playback.Done()
		port.Play(prompt) // of a closed plane: nothing is encoded
		prompt.shared.mu.Lock()
		if a := prompt.shared.each[opus.usual()]; a != nil && int(a.ready.Load()) < len(a.payload) {
			t.Errorf("%d of %d bytes are encoded, and nobody goes on", a.ready.Load(), len(a.payload))
		}
		prompt.shared.mu.Unlock()
	}
	if a := prompt.encoded(opus.usual(), nil); int(a.ready.Load()) != len(a.payload) || len(a.payload) != 20*50*60 {
		t.Errorf("%d of %d bytes are encoded", a.ready.Load(), len(a.payload))
	}
}

// Legs that want a prompt each in another encoding may begin at once, in any order.
func TestPromptIsEncodedForManyLegsAtOnce(t *testing.T) {
	for range 20 {
		prompt := NewPrompt(Tone(-10, 100*time.Millisecond, 1000))
		var all sync.WaitGroup
		for _, e := range append(opusEncodings(), g722.usual(), opus.usual()) {
			all.Go(func() {
				if a := prompt.encoded(e, nil); len(a.payload) == 0 {
					t.Errorf("%s: nothing", e.Name)
				}
			})
		}
		all.Wait()
	}
}

// A worker does not wait until a prompt is encoded, as where a negotiation overtakes the
// beginning of a prompt: all its calls would stand still.
func TestWorkerDoesNotEncodePrompts(t *testing.T) {
	conn, remote := listen(t)
	plane, port := opusPort(t, remote)
	port.Negotiate(sdp.Negotiated{Remote: remote, Codec: pcmu.Codec, Direction: sdp.SendRecv}, Sources{})
	prompt := NewPrompt(Tone(-10, 2*time.Minute, 1000))
	port.Play(prompt)
	var a *encodedAudio
	var ready int
	port.do(func(w *worker) { // as Negotiate does, if it has seen another prompt
		port.negotiate(w, sdp.Negotiated{Remote: remote, Codec: opus.Codec, Direction: sdp.SendRecv}, opus.usual(), Sources{})
		a = port.playback.audio
		ready = int(a.ready.Load())
	})
	if ready == len(a.payload) {
		t.Error("the worker encoded all of it")
	}
	port.do(func(*worker) { port.playback.encode(g722.usual()) })
	plane.Stats() // asks the workers while others may start to encode
	port.do(func(*worker) { port.playback.encode(opus.usual()) })
	<-a.begun
	for b := make([]byte, datagram); ; {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal("the prompt is not heard in Opus: ", err)
		}
		size := opus.usual().size(cycle)
		if n == headerSize+size && bytes.Contains(a.payload[:a.ready.Load()], b[headerSize:n]) {
			return
		}
	}
}
