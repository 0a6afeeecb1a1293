package media

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"runtime"
	"slices"
	"strings"
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
	// Bind and Bind6 are the addresses of IPv4 and of IPv6 to send from and to listen on; one
	// that is not valid leaves its version out.
	Bind, Bind6 netip.Addr
	// Advertise and Advertise6 are the addresses in our SDP; Bind and Bind6 if not valid.
	Advertise, Advertise6 netip.Addr
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
	tasks   tasks
	joining sync.Mutex // one Join at a time

	mu        sync.Mutex       // guards the rest
	missing   [ipVersions]bool // the last port has no socket of the version
	free      []uint16         // port numbers, the one that is unused for longest first
	lingering []lingeringPort  // the oldest first
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
	if !c.Advertise6.IsValid() {
		c.Advertise6 = c.Bind6
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
		tasks:  tasks{stop: make(chan struct{})},
	}
	p.local.addrs, p.local.extra = c.addrs(), c.LocalSockets
	p.local.run = func(read func()) { p.tasks.run(func(<-chan struct{}) { read() }) }
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
	c.Log.Info("media plane started", "bind", listed(c.Bind, c.Bind6), "advertise", listed(c.Advertise, c.Advertise6),
		"ports", fmt.Sprintf("%d-%d", c.PortMin, c.PortMax), "legs_at_most", len(p.free), "workers", c.Workers)
	return p, nil
}

// addrs are those of each IP version.
func (c PlaneConfig) addrs() [ipVersions]localAddr {
	return [ipVersions]localAddr{{c.Bind, c.Advertise}, {c.Bind6, c.Advertise6}}
}

// listed are the valid ones of addresses, with commas between.
func listed(addrs ...netip.Addr) string {
	var texts []string
	for _, a := range addrs {
		if a.IsValid() {
			texts = append(texts, a.String())
		}
	}
	return strings.Join(texts, ", ")
}

func (c PlaneConfig) check() error {
	if !c.Bind.IsValid() && !c.Bind6.IsValid() {
		return errors.New("fields Bind and Bind6: want one address at least")
	}
	for _, v := range []struct {
		name, version   string
		bind, advertise netip.Addr
		is              func(netip.Addr) bool
	}{
		{"", "an IPv4 address", c.Bind, c.Advertise, netip.Addr.Is4},
		{"6", "an IPv6 address", c.Bind6, c.Advertise6, func(a netip.Addr) bool { return a.Is6() && !a.Is4In6() && a.Zone() == "" }},
	} {
		switch {
		case !v.bind.IsValid() && !v.advertise.IsValid():
		case !v.is(v.bind):
			return fmt.Errorf("field Bind%s: %q: want %s", v.name, v.bind, v.version)
		case !v.is(v.advertise) || v.advertise.IsUnspecified():
			return fmt.Errorf("field Advertise%s: %q: want %s at which the far end can reach us", v.name, v.advertise, v.version)
		}
	}
	switch {
	case c.PortMin < 1024 || c.PortMax < c.PortMin+c.PortMin%2:
		return fmt.Errorf("fields PortMin %d, PortMax %d: want a range from 1024 on with an even port in it", c.PortMin, c.PortMax)
	case c.Workers < 0:
		return fmt.Errorf("field Workers: %d: want 0 for as many as suit the machine, or more", c.Workers)
	}
	return nil
}

// Open opens the port that has been unused for longest, ports of other programs skipped. It
// has a socket of each IP version that can be opened, and one at least. Open returns
// ErrNoPort with the range and its users if none is free, ErrClosed after Close, or the
// system's error.
func (p *Plane) Open() (*Port, error) {
	p.local.refreshOld()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	foreign := 0 // ports that other programs hold
	for range p.free {
		number := p.free[0]
		p.free = p.free[1:]
		sockets, err := p.openSockets(number)
		if err == nil {
			return p.start(number, sockets)
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

// openSockets opens those of a port. A version whose address the machine has not, or not any
// more, is left out where the other one can be opened; any other error is returned. The caller
// holds mu.
func (p *Plane) openSockets(number uint16) (portSockets, error) {
	sockets := portSockets{-1, -1}
	var errs [ipVersions]error
	for v, local := range p.local.addrs {
		if !local.bind.IsValid() {
			continue
		}
		sockets[v], errs[v] = openSocket(local.bind, number)
		if err := errs[v]; err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) && !errors.Is(err, unix.EAFNOSUPPORT) {
			sockets.close()
			return sockets, err
		}
	}
	if !sockets.has(ipv4) && !sockets.has(ipv6) {
		return sockets, errors.Join(errs[:]...)
	}
	for v, err := range errs {
		if err != nil && !p.missing[v] {
			p.config.Log.Warn("audio has one IP version alone, since the other one's address cannot be used", "error", err)
		}
		p.missing[v] = err != nil
	}
	return sockets, nil
}

// start assigns bound sockets to a worker. The caller holds mu.
func (p *Plane) start(number uint16, sockets portSockets) (*Port, error) {
	w := p.workers[p.opened%len(p.workers)]
	p.opened++
	port := &Port{
		plane: p, number: number, sockets: sockets, fd: -1, worker: w,
		digits:      make(chan Digit, digitBuffer),
		firstPacket: make(chan struct{}),
		released:    make(chan struct{}),
		stream:      newStream(), lastSent: -keepalive,
		epoch: w.epoch, sending: pcmu.usual(), agreed: pcmu.usual(), formats: formatsOf(nil),
	}
	if err := w.watchPort(port); err != nil {
		sockets.close()
		p.free = append(p.free, number)
		return nil, fmt.Errorf("open port: %w", err)
	}
	p.open[port] = struct{}{}
	p.local.add(number)
	w.postLazy(func() { w.addPort(port) }) // an earlier packet wakes the worker, which runs the task first
	return port, nil
}

// linger keeps the sockets of a closed port bound and unread for lingerTime.
func (p *Plane) linger(port *Port) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, port)
	if p.drained {
		port.sockets.close()
		return
	}
	p.lingering = append(p.lingering, lingeringPort{number: port.number, sockets: port.sockets, until: time.Now().Add(lingerTime)})
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
		r.sockets.close()
		p.local.remove(r.number)
		p.free = append(p.free, r.number)
	}
	p.timer = nil
	if len(p.lingering) > 0 {
		p.timer = time.AfterFunc(max(time.Until(p.lingering[0].until), releaseInterval), p.releaseLingering)
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
	p.tasks.end()
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
		r.sockets.close()
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
