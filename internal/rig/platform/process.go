package platform

import (
	"os"
	"sync"
	"time"

	"ringflow/internal/rig/kernel"
)

// sampleEvery is fine enough for a plateau and costs nothing.
const sampleEvery = 250 * time.Millisecond

// Process watches the server's processor time and memory by /proc. Start it,
// stop it, then ask for any stretch between.
type Process struct {
	pid     int
	closing chan struct{}
	closed  chan struct{}
	once    sync.Once
	samples []sample
}

type sample struct {
	at time.Time
	kernel.Usage
	own     time.Duration // of this program
	machine time.Duration
}

// Watch begins to sample the process. It fails when there is none.
func Watch(pid int) (*Process, error) {
	u, err := kernel.ReadUsage(pid)
	if err != nil {
		return nil, err
	}
	p := &Process{pid: pid, closing: make(chan struct{}), closed: make(chan struct{}), samples: []sample{newSample(u)}}
	go p.watch()
	return p, nil
}

func (p *Process) watch() {
	defer close(p.closed)
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.closing:
			p.take()
			return
		case <-ticker.C:
			p.take()
		}
	}
}

func (p *Process) take() {
	if u, err := kernel.ReadUsage(p.pid); err == nil {
		p.samples = append(p.samples, newSample(u))
	}
}

func newSample(u kernel.Usage) sample {
	s := sample{at: time.Now(), Usage: u, machine: kernel.MachineBusy()}
	if own, err := kernel.ReadUsage(os.Getpid()); err == nil {
		s.own = own.CPU
	}
	return s
}

// Stop ends the sampling; the rest may be called only then.
func (p *Process) Stop() {
	p.once.Do(func() { close(p.closing) })
	<-p.closed
}

// CPU is the processor time used between two moments, and how long the
// samples that bound it lie apart.
func (p *Process) CPU(from, to time.Time) (used, over time.Duration) {
	a, b := p.near(from), p.near(to)
	return b.CPU - a.CPU, b.at.Sub(a.at)
}

// Cores is the processor time divided by the time.
func (p *Process) Cores(from, to time.Time) float64 {
	used, over := p.CPU(from, to)
	if over <= 0 {
		return 0
	}
	return used.Seconds() / over.Seconds()
}

// Beside is what this program, and all other processes of the machine, used in
// cores meanwhile: a figure taken beside busy neighbours is no figure.
func (p *Process) Beside(from, to time.Time) (own, others float64) {
	a, b := p.near(from), p.near(to)
	over := b.at.Sub(a.at).Seconds()
	if over <= 0 {
		return 0, 0
	}
	ours := b.own - a.own
	return ours.Seconds() / over, (b.machine - a.machine - ours - (b.CPU - a.CPU)).Seconds() / over
}

// Resident is the most memory in bytes that any sample between saw.
func (p *Process) Resident(from, to time.Time) (most int64) {
	for _, s := range p.samples {
		if !s.at.Before(from) && !s.at.After(to) {
			most = max(most, s.Resident)
		}
	}
	if most == 0 {
		most = p.near(to).Resident
	}
	return most
}

// At is the usage nearest to the moment.
func (p *Process) At(t time.Time) kernel.Usage { return p.near(t).Usage }

func (p *Process) near(t time.Time) sample {
	best := p.samples[0]
	for _, s := range p.samples {
		if s.at.Sub(t).Abs() < best.at.Sub(t).Abs() {
			best = s
		}
	}
	return best
}
