package acceptance

import (
	"runtime"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/rtp"
)

// floorTime is how long the kernel's price is measured.
const floorTime = 8 * time.Second

// Floor is what the kernel alone takes for N streams: one thread, one plain
// sendto for each packet of 172 bytes, on the same 20-ms wheel, to phones that
// are read as in the test.
func (t *Suite) Floor(streams int) {
	one := t.floor(streams, false)
	own := t.floor(streams, true)
	t.Figure("floor, one sending socket", "%.3f cores", one)
	t.Figure("floor, a sending socket a stream", "%.3f cores", own)
	t.Check(one > 0 && own > 0, "the floor was measured")
}

// floor returns the cores that sending takes.
func (t *Suite) floor(streams int, ownSockets bool) float64 {
	var ears []*phone.Phone
	var senders []*kernel.Socket
	defer func() {
		for _, s := range senders {
			_ = s.Close()
		}
		for _, p := range ears {
			p.Close()
		}
	}()
	var to []kernel.Destination
	for range streams {
		p, err := t.plane.Open(phone.Settings{Event: 101, Trace: true})
		if err != nil {
			t.Check(false, "floor: %v", err)
			return 0
		}
		ears, to = append(ears, p), append(to, kernel.NewDestination(p.Local()))
		if ownSockets || len(senders) == 0 {
			s, err := kernel.OpenSocket(netAny, 0)
			if err != nil {
				t.Check(false, "floor: %v", err)
				return 0
			}
			senders = append(senders, s)
		}
	}
	cores := make(chan float64)
	go func() { cores <- sendStreams(senders, to, floorTime) }()
	used := <-cores
	time.Sleep(50 * time.Millisecond)
	var late []time.Duration
	lost := 0
	for _, p := range ears {
		h := p.Restart(0)
		late = append(late, lateness(h.Trace)...)
		lost += h.Lost()
	}
	t.Print("     floor with %d sending sockets: %.3f cores, late %s, %d lost", len(senders), used, Distribute(late), lost)
	return used
}

// sendStreams sends every stream's packet each 20 ms in 20 slots of 1 ms and returns
// the thread's processor time over the time.
func sendStreams(from []*kernel.Socket, to []kernel.Destination, long time.Duration) float64 {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	kernel.Yield(0)
	packet := make([]byte, rtp.HeaderSize+audio.Frame)
	cpu, start := kernel.ThreadCPU(), kernel.Monotonic()
	for ms := range int(long / time.Millisecond) {
		kernel.SleepUntil(start + int64(ms)*int64(time.Millisecond))
		round := ms / 20
		for i := ms % 20; i < len(to); i += 20 {
			rtp.Put(packet, rtp.Packet{Sequence: uint16(round), Timestamp: uint32(round * audio.Frame), Source: uint32(i)})
			_ = from[i%len(from)].Send(packet, &to[i])
		}
	}
	return (kernel.ThreadCPU() - cpu).Seconds() / (time.Duration(kernel.Monotonic() - start)).Seconds()
}

// lateness of each packet after the ideal grid: the sender's clock, anchored
// at the packet that came earliest on it.
func lateness(trace []phone.Arrival) []time.Duration {
	if len(trace) == 0 {
		return nil
	}
	const perSample = int64(time.Second) / audio.Rate
	late := make([]time.Duration, len(trace))
	least := time.Duration(1<<63 - 1)
	for i, a := range trace {
		late[i] = time.Duration(a.At - int64(int32(a.Timestamp-trace[0].Timestamp))*perSample)
		least = min(least, late[i])
	}
	for i := range late {
		late[i] -= least
	}
	return late
}
