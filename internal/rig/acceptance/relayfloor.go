package acceptance

import (
	"runtime"
	"time"

	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/phone"
)

// relayFloorFor measures what the kernel alone takes to relay that many
// bridged calls: one thread, epoll, one plain recvfrom and one plain sendto a
// packet. It returns the processor time a packet.
func (t *Suite) relayFloorFor(pairs int) time.Duration {
	if t.SkipFloors {
		return 0
	}
	r := relay{stop: make(chan struct{}), cores: make(chan float64)}
	var phones []*phone.Phone
	defer func() {
		for _, p := range phones {
			p.Close()
		}
		for _, s := range r.sockets {
			_ = s.Close()
		}
	}()
	for range 2 * pairs {
		p, err := t.plane.Open(phone.Settings{Tone: 600, Event: 101})
		if err != nil {
			t.Check(false, "relay floor: %v", err)
			return 0
		}
		s, err := kernel.OpenSocket(netAny, 0)
		if err != nil {
			t.Check(false, "relay floor: %v", err)
			return 0
		}
		phones, r.sockets = append(phones, p), append(r.sockets, s)
		r.to = append(r.to, kernel.NewDestination(p.Local()))
	}
	poll, err := kernel.NewPoll(r.sockets)
	if err != nil {
		t.Check(false, "relay floor: %v", err)
		return 0
	}
	defer poll.Close()
	for i, p := range phones {
		p.Talk(r.sockets[i].Local())
	}
	time.Sleep(200 * time.Millisecond)
	go r.run(poll)
	time.Sleep(200 * time.Millisecond)
	for _, p := range phones {
		p.Restart(0) // forget what had waited for the relay to begin
	}
	time.Sleep(floorTime)
	close(r.stop)
	used := <-r.cores
	packets := 0
	var delays []time.Duration
	for _, p := range phones {
		h := p.Restart(0)
		packets += h.Packets
		for _, d := range h.Delays {
			delays = append(delays, time.Duration(d)*time.Microsecond)
		}
	}
	each := perPacket(used, floorTime, packets)
	t.Print("     relay floor: %.3f cores, %s a packet, phone to phone %s", used, each, Distribute(delays))
	return each
}

// perPacket is the processor time that each packet took.
func perPacket(cores float64, over time.Duration, packets int) time.Duration {
	return time.Duration(cores * float64(over) / float64(max(1, packets))).Round(time.Nanosecond)
}

// relay passes what comes on a socket on through its neighbour's.
type relay struct {
	sockets []*kernel.Socket
	to      []kernel.Destination
	stop    chan struct{}
	cores   chan float64
}

func (r *relay) run(poll *kernel.Poll) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	kernel.Yield(0)
	packet := make([]byte, 2048)
	cpu, start := kernel.ThreadCPU(), kernel.Monotonic()
	for {
		select {
		case <-r.stop:
			r.cores <- (kernel.ThreadCPU() - cpu).Seconds() / time.Duration(kernel.Monotonic()-start).Seconds()
			return
		default:
		}
		for _, i := range poll.Wait() {
			if n := r.sockets[i].Take(packet); n > 0 {
				_ = r.sockets[i^1].Send(packet[:n], &r.to[i^1])
			}
		}
	}
}
