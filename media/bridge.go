package media

// Bridge joins two ports: each sends what the other receives, in the codec and with the
// telephone-event type of its own negotiation, which may change while they are joined.
type Bridge struct {
	a, b *Port // immutable
}

// Join bridges two ports of one plane, and ends their playbacks and former bridges. A
// prompt played later replaces the relayed audio while it plays. The bridge of a closed
// port, or of ports of two planes, is closed from the start.
func Join(a, b *Port) *Bridge {
	bridge := &Bridge{a: a, b: b}
	if a == b || a.plane != b.plane {
		return bridge
	}
	a.plane.joining.Lock()
	defer a.plane.joining.Unlock()
	if a.beginMove() && b.beginMove() && b.moveTo(a.worker) {
		a.worker.do(bridge.link)
	}
	a.endMove()
	b.endMove()
	return bridge
}

// beginMove has the tasks of the port wait until endMove, and reports whether it is open.
func (p *Port) beginMove() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moving = !p.closed
	return p.moving
}

// endMove queues the tasks that have waited, to the worker that has the port now.
func (p *Port) endMove() {
	p.mu.Lock()
	p.moving = false
	for _, task := range p.waiting {
		p.enqueue(task)
	}
	p.waiting = nil
	w := p.worker
	p.mu.Unlock()
	w.attend()
}

// moveTo moves the port to another worker: both ports of a bridge have one. No task comes in
// between.
func (p *Port) moveTo(w *worker) bool {
	old := p.worker
	if old == w {
		return true
	}
	if w.watchPort(p) != nil {
		return false
	}
	old.do(func() {
		p.unbridge()
		old.removePort(p)
	})
	p.mu.Lock()
	p.worker = w
	p.mu.Unlock()
	return w.do(func() { w.addPort(p) })
}

// link starts the relaying, in the worker of both ports.
func (r *Bridge) link() {
	for _, p := range []*Port{r.a, r.b} {
		p.unbridge()
		p.stopPlayback()
	}
	r.a.peer, r.b.peer = r.b, r.a
	for _, p := range []*Port{r.a, r.b} {
		p.bridge, p.relaying, p.rewriter = r, false, rewriter{}
		p.updateFilter()
	}
}

// unbridge ends the bridge of the port, if it has one, in the worker of both ports.
func (p *Port) unbridge() {
	if p.bridge == nil {
		return
	}
	for _, p := range []*Port{p, p.peer} {
		p.bridge, p.peer, p.relaying = nil, nil, false
		p.updateFilter()
	}
}

// Close ends the bridge; the ports stay open. It may be called again.
func (r *Bridge) Close() {
	r.a.do(func(*worker) {
		if r.a.bridge == r {
			r.a.unbridge()
		}
	})
}
