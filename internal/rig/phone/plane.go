// Package phone is the media plane of thousands of telephones, on one thread: each
// has a socket of its own, sends a tone of its own, and measures what it
// receives by the kernel's arrival stamps. It does not know SIP.
//
// One thread does everything on a 20-slot wheel of 1 ms: it sends for the
// phones of one slot and reads the sockets of another, so that no lock is held
// and no thread is woken per packet. A packet that waits in a socket is not
// late: its stamp says when it came.
//
// Read plane.go, phone.go, recording.go, tag.go, digits.go.
package phone

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/kernel"
)

const (
	slots = 20
	// readEvery is the ticks between two readings of the same socket: one
	// system call then fetches two packets, and delays of more than a second
	// can still be read from the tags.
	readEvery = 40
	// tooLate is the delay after which the wheel skips ticks.
	tooLate   = 100 * time.Millisecond
	portFirst = 40000
	portLast  = 63999
	// receiveBuffer holds more than two seconds of audio even on the kernel's
	// own accounting of 768 bytes for a packet of 172.
	receiveBuffer = 256 << 10
)

// Plane owns the thread and the phones. Its methods may be called from
// anywhere.
type Plane struct {
	address netip.Addr
	nice    int
	closing chan struct{}
	closed  chan struct{}
	once    sync.Once

	mu       sync.Mutex
	tasks    []func()
	nextPort uint16
	nextID   uint16

	// Of the thread alone:
	wheel [slots][]*Phone
	byID  [1 << 16]*Phone
	batch *kernel.Batch
	late  time.Duration
	cpu   time.Duration
	tones map[toneKey][]byte
}

type toneKey struct {
	frequency int
	codec     audio.Codec
}

// NewPlane starts the thread. Phones get ports of the address; nice lowers
// the thread's share of the processor so that it never delays what is measured.
func NewPlane(address netip.Addr, nice int) *Plane {
	x := &Plane{address: address, nice: nice, closing: make(chan struct{}), closed: make(chan struct{}),
		nextPort: portFirst, batch: kernel.NewBatch(), tones: map[toneKey][]byte{}}
	go x.run()
	return x
}

// Open gives a new phone a port of its own.
func (x *Plane) Open(s Settings) (*Phone, error) {
	for range (portLast - portFirst) / 2 {
		x.mu.Lock()
		port := x.nextPort
		x.nextPort += 2
		if x.nextPort > portLast {
			x.nextPort = portFirst
		}
		x.nextID++
		id := x.nextID
		x.mu.Unlock()
		socket, err := kernel.OpenSocket(netip.AddrPortFrom(x.address, port), receiveBuffer)
		if err != nil {
			continue
		}
		p := newPhone(x, socket, id, s)
		x.enqueue(func() { x.add(p) })
		return p, nil
	}
	return nil, fmt.Errorf("open phone: no free port from %d to %d", portFirst, portLast)
}

// Late is the longest that a tick has come late so far, and CPU what the
// thread has used: both tell whether the rig itself was the bottleneck.
func (x *Plane) Late() (late, cpu time.Duration) {
	done := make(chan struct{})
	x.enqueue(func() { late, cpu = x.late, x.cpu; close(done) })
	x.wait(done)
	return late, cpu
}

// Close ends the thread and closes every phone. It may be called again.
func (x *Plane) Close() error {
	x.once.Do(func() { close(x.closing) })
	<-x.closed
	return nil
}

// enqueue has the thread do something at its next tick.
func (x *Plane) enqueue(f func()) {
	x.mu.Lock()
	x.tasks = append(x.tasks, f)
	x.mu.Unlock()
}

// wait for an order's end, or for the thread's.
func (x *Plane) wait(done <-chan struct{}) {
	select {
	case <-done:
	case <-x.closed:
	}
}

func (x *Plane) run() {
	runtime.LockOSThread()
	defer close(x.closed)
	kernel.Yield(x.nice)
	start := kernel.Monotonic()
	for t := 0; ; t++ {
		deadline := start + int64(t)*int64(time.Millisecond)
		kernel.SleepUntil(deadline)
		late := time.Duration(kernel.Monotonic() - deadline)
		x.late = max(x.late, late)
		if late > tooLate {
			start += int64(late) // missed packets are skipped, not sent in a burst
		}
		select {
		case <-x.closing:
			x.runTasks()
			x.closeAll()
			return
		default:
		}
		x.runTasks()
		for _, p := range x.wheel[t%slots] {
			p.speak()
		}
		x.read(t)
		if t%1000 == 0 {
			x.cpu = kernel.ThreadCPU()
		}
	}
}

func (x *Plane) runTasks() {
	x.mu.Lock()
	orders := x.tasks
	x.tasks = nil
	x.mu.Unlock()
	for _, f := range orders {
		f()
	}
}

// read empties the sockets of the slot opposite to the one that is sending,
// each slot once in readEvery ticks.
func (x *Plane) read(t int) {
	slot := (t + slots/2) % slots
	if (t/slots+slot)%(readEvery/slots) != 0 {
		return
	}
	for _, p := range x.wheel[slot] {
		p.listen()
	}
}

// add puts the phone on the slot with the fewest.
func (x *Plane) add(p *Phone) {
	best := 0
	for i := range x.wheel {
		if len(x.wheel[i]) < len(x.wheel[best]) {
			best = i
		}
	}
	p.slot = best
	x.wheel[best] = append(x.wheel[best], p)
	x.byID[p.id] = p
}

func (x *Plane) remove(p *Phone) {
	slot := x.wheel[p.slot]
	for i, q := range slot {
		if q == p {
			slot[i] = slot[len(slot)-1]
			slot[len(slot)-1] = nil
			x.wheel[p.slot] = slot[:len(slot)-1]
			break
		}
	}
	if x.byID[p.id] == p {
		x.byID[p.id] = nil
	}
}

func (x *Plane) closeAll() {
	for _, slot := range x.wheel {
		for _, p := range append([]*Phone(nil), slot...) {
			p.release()
		}
	}
}

// tone returns 100 ms of the companded tone, shared by all phones that send it.
func (x *Plane) tone(frequency int, codec audio.Codec) []byte {
	key := toneKey{frequency, codec}
	if x.tones[key] == nil {
		amplitude := 8000.0
		if frequency == 0 {
			amplitude = 0
		}
		x.tones[key] = codec.EncodeAll(audio.Tone(frequency, amplitude))
	}
	return x.tones[key]
}
