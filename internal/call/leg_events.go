package call

import (
	"sync"

	"ringflow/media/sdp"
	"ringflow/sip"
)

// legEvents are the events of one leg on their way from the session to handle, which gets
// them in their order, one at a time. One that cannot block is handled by whoever does the
// jobs of the session, such as the reader of the SIP socket; any other, and those that come
// until it is handled, by a goroutine.
type legEvents struct {
	handle func(sip.Event)

	mu      sync.Mutex // guards what follows
	waiting []sip.Event
	running bool // the goroutine
}

func (q *legEvents) take(e sip.Event) {
	q.mu.Lock()
	if !q.running && !mayBlock(e) {
		q.mu.Unlock()
		q.handle(e)
		return
	}
	q.waiting = append(q.waiting, e)
	first := !q.running
	q.running = true
	q.mu.Unlock()
	if first {
		go q.run()
	}
}

func (q *legEvents) run() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.running = false
			q.mu.Unlock()
			return
		}
		e := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		q.handle(e)
	}
}

// mayBlock says whether an event has handle wait: for the worker of the port at the end, or
// for the address of a host that SDP names.
func mayBlock(e sip.Event) bool {
	switch e := e.(type) {
	case sip.Ended:
		return true
	case sip.Progress:
		return sdp.NamesHost(e.Body)
	case sip.Answered:
		return sdp.NamesHost(e.Body)
	case sip.Reoffer:
		return sdp.NamesHost(e.Body)
	case sip.ReofferResult:
		return sdp.NamesHost(e.Body)
	}
	return false
}
