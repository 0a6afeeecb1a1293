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
	first, second := a, b
	if second.number < first.number {
		first, second = second, first // one order of locking for both joins of two ports
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	if !a.closed && !b.closed && b.moveTo(a.worker) {
		a.worker.do(bridge.link)
	}
	return bridge
}

// moveTo moves the port to another worker: both ports of a bridge have one. The caller
// holds mu, so that no task comes in between.
func (p *Port) moveTo(w *worker) bool {
	if p.worker == w {
		return true
	}
	if w.watchPort(p) != nil {
		return false
	}
	old := p.worker
	old.do(func() {
		p.unbridge()
		old.removePort(p)
	})
	p.worker = w
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
