package trace

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/pcap"
	"ringflow/sip"
)

// Policy says which legs are stored after their end.
type Policy string

// The policies.
const (
	All    Policy = "all"
	Failed Policy = "failed"
	None   Policy = "none" // none is followed while it lives either
)

// Policies are all there are.
func Policies() []Policy { return []Policy{All, Failed, None} }

// Bounds of what is kept.
const (
	maxFirst      = 64        // messages of one leg, the first ones
	maxLast       = 64        // and the last ones
	usualMessages = 8         // of a leg that is answered and ends: INVITE, 100, 180, 200, ACK, BYE, 200
	maxMemory     = 256 << 20 // bytes of messages of all legs that live
	maxLegs       = 50_000    // that live
)

// linger is how long after its end a leg is followed on: the answer to a BYE comes then.
// unansweredLinger is for a leg whose BYE has no answer yet: it is sent again until then
// (timer F, RFC 3261 §17.1.2.2).
const (
	linger           = 2 * time.Second
	unansweredLinger = 33 * time.Second
)

// Recorder follows the legs that live and hands those that have ended to its Storage. Any
// goroutine may call its methods; those of a nil Recorder do nothing.
type Recorder struct {
	policy  Policy
	storage *Storage
	log     *slog.Logger
	stop    chan struct{}
	done    sync.WaitGroup
	omitted atomic.Uint64 // messages for which there was no memory

	mu     sync.Mutex
	legs   map[string]*live // by Call-ID
	memory int
	ended  []*live // in the order of their ends
}

// live is a leg that is followed. Recorder.mu guards it.
type live struct {
	leg     Leg
	rtp     func() *RTP // nil: not known yet
	next    int         // the place in Messages of the next of the last ones, once there are maxFirst+maxLast
	bytes   int
	endedAt time.Time
}

// NewRecorder returns a Recorder that stores legs in a Storage, which it owns.
func NewRecorder(policy Policy, storage *Storage, log *slog.Logger) *Recorder {
	r := &Recorder{policy: policy, storage: storage, log: log, stop: make(chan struct{}), legs: map[string]*live{}}
	r.done.Go(r.run)
	return r
}

// Message takes a message of the wire. It is kept if it is of a leg: of one that has
// begun, or an INVITE that we send.
func (r *Recorder) Message(t sip.Trace) {
	if r == nil || t.CallID == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.legs[t.CallID]
	if l == nil {
		if !t.Sent || t.Code != 0 || t.Method != "INVITE" || len(r.legs) >= maxLegs {
			return
		}
		l = r.add(t.CallID)
	}
	m := Message{At: t.At.Round(0), Sent: t.Sent, Transport: t.Transport, Local: t.Local, Remote: t.Remote, Raw: t.Raw}
	switch n := len(l.leg.Messages); {
	case r.memory+len(m.Raw) > maxMemory:
		l.leg.Omitted++
		r.omitted.Add(1)
		return
	case n < maxFirst+maxLast:
		l.leg.Messages = append(l.leg.Messages, m)
	default:
		at := maxFirst + l.next
		l.next = (l.next + 1) % maxLast
		l.bytes -= len(l.leg.Messages[at].Raw)
		r.memory -= len(l.leg.Messages[at].Raw)
		l.leg.Messages[at] = m
		l.leg.Omitted++
	}
	l.bytes += len(m.Raw)
	r.memory += len(m.Raw)
}

// add begins to follow a leg. mu is held.
func (r *Recorder) add(callID string) *live {
	l := &live{leg: Leg{Facts: Facts{CallID: callID}, Live: true, Messages: make([]Message, 0, usualMessages)}}
	r.legs[callID] = l
	return l
}

// Begin says whose leg the messages of a Call-ID are. rtp measures its audio, while it
// lives and at its end; nil is none.
func (r *Recorder) Begin(f Facts, rtp func() *RTP) {
	if r == nil || f.CallID == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.legs[f.CallID]
	if l == nil {
		if len(r.legs) >= maxLegs {
			return
		}
		l = r.add(f.CallID)
	}
	l.leg.Facts, l.rtp = f, rtp
}

// End says that the leg of a Call-ID has ended, and whether it failed: it could not be
// placed, was blocked, or was not heard.
func (r *Recorder) End(callID string, failed bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	l := r.legs[callID]
	var measure func() *RTP
	if l != nil {
		measure = l.rtp
	}
	r.mu.Unlock()
	if l == nil {
		return
	}
	var rtp *RTP
	if measure != nil {
		rtp = measure() // it takes locks of its own
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if l.endedAt.IsZero() {
		l.leg.Failed, l.leg.RTP, l.rtp, l.endedAt = failed, rtp, nil, time.Now()
		r.ended = append(r.ended, l)
	}
}

// How often ended legs are looked through, and the folder for old segments.
const (
	sweepInterval  = 500 * time.Millisecond
	expireInterval = 10 * time.Minute
)

// run stores the legs that have ended until Close.
func (r *Recorder) run() {
	tick, expire := time.NewTicker(sweepInterval), time.NewTicker(expireInterval)
	defer tick.Stop()
	defer expire.Stop()
	for {
		select {
		case now := <-tick.C:
			r.sweep(now)
		case <-expire.C:
			if err := r.storage.expire(); err != nil {
				r.log.Warn("old traces of calls cannot be removed", "error", err)
			}
		case <-r.stop:
			return
		}
	}
}

// sweep stores the legs that are followed no longer. A leg is forgotten once it is on the
// disk, so that a reader finds it in one of the two.
func (r *Recorder) sweep(now time.Time) {
	r.mu.Lock()
	var due []*live
	waiting := r.ended[:0:0]
	for _, l := range r.ended {
		since := now.Sub(l.endedAt)
		if since >= unansweredLinger || since >= linger && !l.leg.awaitsAnswer(l.next) {
			due = append(due, l)
		} else {
			waiting = append(waiting, l)
		}
	}
	r.ended = waiting
	r.mu.Unlock()
	r.store(due)
}

// store writes legs to the disk and forgets them.
func (r *Recorder) store(due []*live) {
	if len(due) == 0 {
		return
	}
	var legs []Leg
	r.mu.Lock()
	for _, l := range due {
		if leg := l.ordered(); leg.Account != "" && (r.policy == All || leg.Failed) {
			legs = append(legs, leg)
		}
	}
	r.mu.Unlock()
	r.storage.write(legs)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range due {
		r.memory -= l.bytes
		delete(r.legs, l.leg.CallID)
	}
}

// ordered is the leg with its messages in their order. mu of the Recorder is held.
func (l *live) ordered() Leg {
	leg := l.leg
	leg.Messages = slices.Clone(leg.Messages)
	if l.next > 0 {
		last := l.leg.Messages[maxFirst:]
		leg.Messages = slices.Concat(leg.Messages[:maxFirst], last[l.next:], last[:l.next])
	}
	leg.Live = l.endedAt.IsZero()
	return leg
}

// awaitsAnswer says whether the last request of ours, but for an ACK, has no final
// response yet.
func (l *Leg) awaitsAnswer(next int) bool {
	n := len(l.Messages)
	if n > maxFirst {
		n = maxFirst + (next+n-maxFirst-1)%(n-maxFirst) + 1 // the newest stands before next
	}
	for i := n - 1; i >= 0; i-- {
		switch h := l.Messages[i].Head(); {
		case h.Code >= 200 && !l.Messages[i].Sent:
			return false
		case h.Code == 0 && l.Messages[i].Sent && h.Method != "ACK":
			return true
		}
	}
	return false
}

// Legs are the traces of legs of an account: of the execution or the leg of that id, or of
// that Call-ID. Of legs that have ended, those are looked for whose end lies between two
// times; the zero time is no bound.
func (r *Recorder) Legs(account, id string, from, to time.Time) ([]Leg, error) {
	if r == nil {
		return nil, nil
	}
	matches := func(f Facts) bool {
		return f.Account == account && (string(f.Execution) == id || f.Leg == id || f.CallID == id)
	}
	var found []Leg
	var rtp []func() *RTP
	r.mu.Lock()
	for _, l := range r.legs {
		if matches(l.leg.Facts) {
			found, rtp = append(found, l.ordered()), append(rtp, l.rtp)
		}
	}
	r.mu.Unlock()
	inMemory := map[string]bool{}
	for i := range found {
		inMemory[found[i].CallID] = true
		if rtp[i] != nil {
			found[i].RTP = rtp[i]()
		}
	}
	stored, err := r.storage.read(matches, from, to)
	for _, l := range stored {
		if !inMemory[l.CallID] {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, func(a, b Leg) int {
		if c := a.began().Compare(b.began()); c != 0 {
			return c
		}
		return strings.Compare(a.Leg, b.Leg)
	})
	return found, err
}

func (l *Leg) began() time.Time {
	if len(l.Messages) == 0 {
		return time.Time{}
	}
	return l.Messages[0].At
}

// Execution is the id of the execution of a leg of the account that is named by its id, its
// Call-ID or its execution; empty if no trace has it.
func (r *Recorder) Execution(account, id string) (record.ExecutionID, error) {
	legs, err := r.Legs(account, id, time.Time{}, time.Time{})
	if len(legs) == 0 {
		return "", err
	}
	return legs[0].Execution, nil
}

// Stats counts what is not kept.
type Stats struct {
	Omitted uint64 // messages for which there was no memory
	Lost    uint64 // legs that could not be written to the disk
	Bytes   int64  // on the disk
	Memory  int    // bytes of the messages of legs that live
}

// Stats returns the counters.
func (r *Recorder) Stats() Stats {
	if r == nil {
		return Stats{}
	}
	r.mu.Lock()
	memory := r.memory
	r.mu.Unlock()
	lost, size := r.storage.stats()
	return Stats{Omitted: r.omitted.Load(), Lost: lost, Bytes: size, Memory: memory}
}

// Close stores the legs that have ended, and those that live as they are. Nothing may call
// the Recorder any more.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	close(r.stop)
	r.done.Wait()
	r.mu.Lock()
	rest := r.ended
	r.ended = nil
	for _, l := range r.legs {
		if l.endedAt.IsZero() {
			l.leg.Failed = true // it has no end
			rest = append(rest, l)
		}
	}
	r.mu.Unlock()
	r.store(rest)
	return r.storage.close()
}

func sortByTime(packets []pcap.Packet) {
	slices.SortStableFunc(packets, func(a, b pcap.Packet) int { return a.At.Compare(b.At) })
}
