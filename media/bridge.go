package media

// Bridge joins two ports: each hears what the other hears, in the codec and with
// the telephone-event type that it has negotiated itself. Both may be negotiated
// anew while they are joined.
type Bridge struct {
	a, b *Port // immutable
}

// Join bridges two ports of one plane, ending the prompts that play on them and
// the bridges they were in. A prompt played to one of them later is heard in
// place of the other. If a port is closed, or they belong to different planes,
// the bridge is closed from the start.
func Join(a, b *Port) *Bridge {
	bridge := &Bridge{a: a, b: b}
	if a == b || a.plane != b.plane {
		return bridge
	}
	first, second := a, b
	if second.number < first.number {
		first, second = second, first // two joins of the same ports must not lock each other out
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	if a.closed || b.closed {
		return bridge
	}
	if !b.moveTo(a.worker) {
		return bridge
	}
	w := a.worker
	w.do(func() { bridge.link() })
	return bridge
}

// moveTo gives the port to another worker: a bridge lives within one. The caller
// holds mu, so that no errand comes in between.
func (p *Port) moveTo(w *worker) bool {
	if p.worker == w {
		return true
	}
	if w.watch(p.fd) != nil {
		return false
	}
	old := p.worker
	old.do(func() {
		if p.bridge != nil {
			p.bridge.part()
		}
		old.removePort(p)
	})
	p.worker = w
	return w.do(func() { w.addPort(p) })
}

// link starts the relaying, in the worker of both ports.
func (r *Bridge) link() {
	for _, p := range []*Port{r.a, r.b} {
		if p.bridge != nil {
			p.bridge.part()
		}
		p.stopPlayback()
	}
	r.a.peer, r.b.peer = r.b, r.a
	for _, p := range []*Port{r.a, r.b} {
		p.bridge, p.relaying, p.rewriter = r, false, rewriter{}
		p.updateFilter()
	}
}

// part ends the relaying, in the worker of both ports.
func (r *Bridge) part() {
	for _, p := range []*Port{r.a, r.b} {
		p.bridge, p.peer, p.relaying = nil, nil, false
		p.updateFilter()
	}
}

// Close parts the two; the ports live on. It may be called again, and after one
// of them has been closed or joined to another.
func (r *Bridge) Close() {
	r.a.do(func(*worker) {
		if r.a.bridge == r {
			r.part()
		}
	})
}
