package media

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media/sdp"
)

// pair is two ports of one plane that know each other.
func pair(t testing.TB) (plane *Plane, a, b *Port) {
	t.Helper()
	plane, err := NewPlane(PlaneConfig{Bind: LoopbackOf(t), PortMin: 42600, PortMax: 42700, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plane.Close() })
	a, errA := plane.Open()
	b, errB := plane.Open()
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for _, p := range [][2]*Port{{a, b}, {b, a}} {
		p[0].Negotiate(sdp.Negotiated{
			Remote: p[1].LocalAddr(), Codec: sdp.Codec{Name: sdp.PCMU, Rate: 8000},
			HasEvents: true, EventPT: 101, Direction: sdp.SendRecv,
		}, Sources{})
	}
	<-a.FirstPacket()
	return plane, a, b
}

// Nothing may be allocated for a packet: a thousand calls would keep the garbage
// collector, and with it the clock, busy.
func TestNoAllocationPerPacket(t *testing.T) {
	_, a, b := pair(t)
	a.Play(NewPrompt(make([]int16, 80000)).Loop())
	check := func(what string, act func(w *worker)) {
		t.Helper()
		var allocations float64
		a.do(func(w *worker) { allocations = testing.AllocsPerRun(500, func() { act(w) }) })
		if allocations != 0 {
			t.Errorf("%s: %.2f allocations a packet", what, allocations)
		}
	}
	at := int64(1 << 40)
	check("prompt", func(w *worker) {
		at += 20
		a.serve(w, at, time.Duration(at)*tick)
		b.receive(w, b.sockets[ipv4], w.now()) // what the filter lets through
	})
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	Join(a, b)
	b.Negotiate(sdp.Negotiated{Remote: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Codec: sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}}, Sources{})
	k := packet{from: headerSize, to: headerSize + 160, ssrc: 5}
	frame := make([]byte, headerSize+160)
	check("relay and transcode", func(w *worker) {
		k.seq, k.ts = k.seq+1, k.ts+160
		b.relayAudio(w, w.now(), frame, k, pcmu, 160, nil)
	})
	tap := b.Tap(TapConfig{Sent: 1})
	check("relay, tapped", func(w *worker) {
		k.seq, k.ts = k.seq+1, k.ts+160
		b.relayAudio(w, w.now(), frame, k, pcmu, 160, nil)
	})
	tap.Close()
	check("wake and rest", func(w *worker) {
		w.serve()
		w.poll(0)
	})
	before := a.reception.received
	check("receive", func(w *worker) {
		header := [headerSize]byte{0x80}
		binary.BigEndian.PutUint16(header[2:], uint16(at))
		copy(frame, header[:])
		to := toEndpoint(a.LocalAddr())
		sendTo(b.fd, frame, &to)
		a.receive(w, a.sockets[ipv4], w.now()+time.Duration(at)*cycle*tick) // as if 20 ms had passed: no far end may bring more
		at++
	})
	if a.reception.received < before+500 {
		t.Errorf("only %d packets were received", a.reception.received-before)
	}
}

// While no port has audio the slots of a cycle are served together.
func TestThreadWakesForASlot(t *testing.T) {
	for _, c := range []struct {
		due     int64
		noAudio bool
		want    time.Duration
	}{
		{41, false, 41 * tick},
		{41, true, 60 * tick},
		{59, true, 60 * tick},
		{60, true, 60 * tick},
	} {
		if at := wakesFor(c.due, c.noAudio); at != c.want {
			t.Errorf("wakesFor(%d, %v) = %v, want %v", c.due, c.noAudio, at, c.want)
		}
	}
}

// Calls that come and go without a word wake the thread once a cycle at most. A port with audio
// wakes it for its slot.
func TestPortsWithoutAudioRarelyWakeTheThread(t *testing.T) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	w := &worker{epoch: time.Now().Add(-time.Second), wakeFD: fd}
	w.returned.L = &w.mu
	w.clock.due(w.now())
	w.activeAt = w.now()
	if wait, _ := w.sleep(w.pause()); wait > cycle*tick || wait < 0 && w.now()-w.activeAt < busyPollTime {
		t.Errorf("a thread that was active sleeps for %v", wait)
	}
	if !w.fallAsleep(cycle * tick) {
		t.Fatal("the thread does not sleep")
	}
	w.wakesAt = wakesFor(int64(w.now()/tick)+1, true) // as if it had slept without delay
	for now := w.now(); w.now() < now+5*tick; {
		p := &Port{}
		w.post(func() { w.slots.add(p, int64(w.now()/tick), cycle) })
		if w.woken && w.now() < w.wakesAt {
			t.Fatal("a port without audio woke the thread")
		}
		w.post(func() { w.slots.remove(p) })
	}
	for what, add := range map[string]func(p *Port){
		"that was just heard": func(p *Port) { w.slots.add(p, int64(w.now()/tick), cycle); w.audioAt = w.now() },
		"amid a digit, of another worker": func(p *Port) {
			p.digitSender.enqueue("1")
			p.negotiated, p.maySend, p.sockets, p.pacer.period = true, true, portSockets{-1, -1}, cycle
			w.addPort(p)
		},
	} {
		p := &Port{}
		w.woken, w.audioAt, w.noAudio, w.wakesAt = false, 0, true, w.now()+2*cycle*tick
		if w.post(func() { add(p) }); !w.woken {
			t.Errorf("a port %s did not wake the thread", what)
		}
		w.slots.remove(p)
	}
}

// A packet of silence that leaves with others of its cycle is not late.
func TestSilenceIsNeverLate(t *testing.T) {
	plane, a, b := pair(t)
	for range 4 {
		a.do(func(w *worker) { // as if a second had passed
			a.lastSent -= keepalive
			b.lastSent -= keepalive
			for end := w.now() + cycle*tick; w.now() < end; {
			}
			w.serve()
		})
	}
	if s := plane.Stats(); s.Sent < 8 || s.Late != (Lateness{}) || s.LateMax != 0 {
		t.Errorf("%d packets of silence, late %v, at most %v", s.Sent, s.Late, s.LateMax)
	}
}

// A worker that the machine keeps from running must not slow the sound down.
func TestStalledWorkerKeepsRealTime(t *testing.T) {
	for _, stall := range []time.Duration{0, 10 * tick, 15 * tick, 25 * tick} {
		plane, a, b := pair(t)
		const length = 500 * tick
		received := b.Record() // so that b listens to all
		began := time.Now()
		playback := a.Play(NewPrompt(Tone(-10, length, 1000)))
		for running := true; running; {
			a.do(func(w *worker) {
				for until := w.now() + stall; w.now() < until; {
				}
			})
			select {
			case <-playback.Done():
				running = false
			case <-time.After(2 * tick):
			}
		}
		took := time.Since(began)
		s := a.Stats()
		if slow := length + time.Duration(s.Inserted)*cycle*tick + 100*tick + 2*stall; took > slow {
			t.Errorf("stalls of %v: %v of sound took %v", stall, length, took)
		}
		if worst := plane.Stats().LateMax; s.Inserted > 0 && worst < (maxCatchUp-1)*tick {
			t.Errorf("stalls of %v: %d frames given up, though never later than %v", stall, s.Inserted, worst)
		}
		// A gap shifts what follows it, and a tone that jumps is no longer one tone.
		if level := Goertzel(received.Stop()[400:3600], 1000); s.Inserted == 0 && level < -11 {
			t.Errorf("stalls of %v: 1000 Hz at %.1f dBFS, want −10", stall, level)
		}
	}
}
