package media

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Errors of Plane.Open.
var (
	// ErrNoPort: every port of the range is in use, or lingers after a call.
	ErrNoPort = errors.New("no RTP port is free")
	// ErrClosed: the plane has been closed.
	ErrClosed = errors.New("the media plane is closed")
)

// PlaneConfig configures a plane.
type PlaneConfig struct {
	// Bind is the IPv4 address to send from and to listen on.
	Bind netip.Addr
	// Advertise is the IPv4 address in our SDP; Bind if not valid.
	Advertise netip.Addr
	// PortMin and PortMax bound the RTP ports, both included. A leg uses one even port.
	PortMin, PortMax uint16
	// Workers is how many threads share the ports; 0 is the number of cores less one, at
	// least one.
	Workers int
	// LocalSockets are further addresses of this process, such as its SIP socket, to which
	// no audio may be sent.
	LocalSockets []netip.AddrPort
	// Log may be nil.
	Log *slog.Logger
}

// Plane is the RTP of one process: a range of ports and the workers that send and
// receive for them. Any goroutine may call its methods.
type Plane struct {
	config  PlaneConfig
	workers []*worker
	local   localSockets

	mu        sync.Mutex      // guards the rest
	free      []uint16        // port numbers, the one that is unused for longest first
	lingering []lingeringPort // the oldest first
	open      map[*Port]struct{}
	opened    int // ports so far, for the choice of a worker
	timer     *time.Timer
	closed    bool
	drained   bool       // closed, and the lingering ports are closed too
	final     PlaneStats // valid once closed
	done      chan struct{}
}

// NewPlane starts a plane. Its owner ends it with Close.
func NewPlane(c PlaneConfig) (*Plane, error) {
	if !c.Advertise.IsValid() {
		c.Advertise = c.Bind
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("start media plane: %w", err)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Workers == 0 {
		c.Workers = max(1, runtime.NumCPU()-1)
	}
	p := &Plane{
		config: c,
		free:   evenPorts(c.PortMin, c.PortMax),
		open:   make(map[*Port]struct{}),
		done:   make(chan struct{}),
	}
	p.local.bind, p.local.advertise, p.local.extra = c.Bind, c.Advertise, c.LocalSockets
	p.local.refresh()
	epoch := time.Now()
	for range c.Workers {
		w, err := newWorker(epoch)
		if err != nil {
			p.stopWorkers()
			return nil, fmt.Errorf("start media plane: %w", err)
		}
		p.workers = append(p.workers, w)
	}
	c.Log.Info("media plane started", "bind", c.Bind, "advertise", c.Advertise,
		"ports", fmt.Sprintf("%d-%d", c.PortMin, c.PortMax), "legs_at_most", len(p.free), "workers", c.Workers)
	return p, nil
}

func (c PlaneConfig) check() error {
	switch {
	case !c.Bind.Is4():
		return fmt.Errorf("field Bind: %q: want an IPv4 address", c.Bind)
	case !c.Advertise.Is4() || c.Advertise.IsUnspecified():
		return fmt.Errorf("field Advertise: %q: want the IPv4 address at which the far end can reach us", c.Advertise)
	case c.PortMin < 1024 || c.PortMax < c.PortMin+c.PortMin%2:
		return fmt.Errorf("fields PortMin %d, PortMax %d: want a range from 1024 on with an even port in it", c.PortMin, c.PortMax)
	case c.Workers < 0:
		return fmt.Errorf("field Workers: %d: want 0 for as many as suit the machine, or more", c.Workers)
	}
	return nil
}

// Open opens the port that has been unused for longest, ports of other programs skipped.
// It returns ErrNoPort with the range and its users if none is free, ErrClosed after
// Close, or the system's error.
func (p *Plane) Open() (*Port, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	foreign := 0 // ports that other programs hold
	for range p.free {
		number := p.free[0]
		p.free = p.free[1:]
		fd, err := openSocket(p.config.Bind, number)
		if err == nil {
			return p.start(number, fd)
		}
		p.free = append(p.free, number)
		if !errors.Is(err, unix.EADDRINUSE) {
			return nil, fmt.Errorf("open port: %w", err)
		}
		foreign++
	}
	if foreign > 0 {
		return nil, fmt.Errorf("%w among %d-%d: other programs hold %d of them", ErrNoPort, p.config.PortMin, p.config.PortMax, foreign)
	}
	return nil, fmt.Errorf("%w among %d-%d: calls use them all, or used them just now", ErrNoPort, p.config.PortMin, p.config.PortMax)
}

// start assigns a bound socket to a worker. The caller holds mu.
func (p *Plane) start(number uint16, fd int) (*Port, error) {
	w := p.workers[p.opened%len(p.workers)]
	p.opened++
	port := &Port{
		plane: p, number: number, fd: fd, worker: w,
		digits:      make(chan Digit, digitBuffer),
		firstPacket: make(chan struct{}),
		released:    make(chan struct{}),
		stream:      newStream(), lastSent: -keepalive,
		epoch: w.epoch, codec: pcmu, agreed: pcmu, prompt: emptyPrompt(), formats: formatsOf(nil),
	}
	if err := w.watch(fd); err != nil {
		_ = unix.Close(fd)
		p.free = append(p.free, number)
		return nil, fmt.Errorf("open port: %w", err)
	}
	p.open[port] = struct{}{}
	p.local.add(number)
	w.postLazy(func() { w.addPort(port) }) // an earlier packet wakes the worker, which runs the task first
	return port, nil
}

// linger keeps the socket of a closed port bound and unread for lingerTime.
func (p *Plane) linger(port *Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, port)
	if p.drained {
		_ = unix.Close(port.fd)
		return
	}
	p.lingering = append(p.lingering, lingeringPort{number: port.number, fd: port.fd, until: time.Now().Add(lingerTime)})
	if p.timer == nil && !p.closed {
		p.timer = time.AfterFunc(lingerTime, p.releaseLingering)
	}
}

// releaseLingering frees the ports that have lingered.
func (p *Plane) releaseLingering() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for now := time.Now(); len(p.lingering) > 0 && !now.Before(p.lingering[0].until); p.lingering = p.lingering[1:] {
		r := p.lingering[0]
		_ = unix.Close(r.fd)
		p.local.remove(r.number)
		p.free = append(p.free, r.number)
	}
	p.timer = nil
	if len(p.lingering) > 0 {
		p.timer = time.AfterFunc(time.Until(p.lingering[0].until), p.releaseLingering)
	}
}

// Stats sums up the plane's counters, until now or until Close.
func (p *Plane) Stats() PlaneStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.final
	}
	return p.total()
}

// total sums up the counters of the workers. The caller holds mu.
func (p *Plane) total() PlaneStats {
	var s PlaneStats
	for _, w := range p.workers {
		w.do(func() { s.sum(w.counters) })
	}
	s.Open, s.Lingering, s.Free = len(p.open), len(p.lingering), len(p.free)
	return s
}

// Close closes every port and ends the workers, and waits for them. It may be called
// again.
func (p *Plane) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.done
		return nil
	}
	ports := slices.Collect(maps.Keys(p.open))
	p.final = p.total()
	p.closed = true
	p.mu.Unlock()
	for _, port := range ports {
		port.Close()
	}
	p.stopWorkers()

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
	}
	for _, r := range p.lingering {
		_ = unix.Close(r.fd)
	}
	p.lingering, p.drained = nil, true
	p.final.Open, p.final.Lingering = 0, 0
	close(p.done)
	return nil
}

func (p *Plane) stopWorkers() {
	for _, w := range p.workers {
		w.close()
	}
}
