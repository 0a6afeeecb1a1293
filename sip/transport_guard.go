package sip

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// guard decides which messages are read at all, before anything is parsed: those of
// trunks' addresses and of allowed networks, and those that have our tag of a call. A
// message of any other source is dropped and counted; nothing is kept for it, and nothing
// is sent. Its methods may be called by any number of goroutines.
type guard struct {
	signer  *signer
	inbound bool // calls are taken: a Call-ID may be the far end's

	mu      sync.RWMutex
	allowed []netip.Prefix          // of SetAllowed
	peers   map[netip.Addr]struct{} // of SetPeers
	called  map[netip.Addr]struct{} // that calls were placed to since

	dropped [dropReasons]atomic.Uint64
	noted   atomic.Int64 // the second in which a drop was logged last
}

// dropReason is why a message was dropped unread.
type dropReason uint8

const (
	notDropped     dropReason = iota
	droppedRequest            // a request that belongs to no call of ours
	droppedResponse
	droppedGarbage    // neither a request nor a response
	droppedConnection // a connection above maxStrangers
	dropReasons
)

// dropNames name the reasons in the metric.
var dropNames = [dropReasons]string{droppedRequest: "request", droppedResponse: "response", droppedGarbage: "garbage", droppedConnection: "connection"}

const (
	maxCalled    = 4096        // addresses that calls were placed to
	maxGuardScan = 4 << 10     // bytes of a message that are searched for our tag
	noteEvery    = time.Minute // that a drop is logged
)

// trust takes the address of a target that is called: it may have resolved to another
// one since SetPeers saw it.
func (g *guard) trust(a netip.Addr) {
	if g.trusts(a) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.called) < maxCalled {
		g.called[a] = struct{}{}
	}
}

// setPeers replaces the addresses of trunks.
func (g *guard) setPeers(peers map[netip.Addr]struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.peers = peers
	clear(g.called) // what goes on over those has our tags
}

// peersNow are the addresses of trunks, which are not written to.
func (g *guard) peersNow() map[netip.Addr]struct{} {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.peers
}

// trusts says whether an address is one of a trunk.
func (g *guard) trusts(a netip.Addr) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if _, is := g.peers[a]; is {
		return true
	}
	_, is := g.called[a]
	return is
}

// knows says whether an address may send anything.
func (g *guard) knows(a netip.Addr) bool {
	if g.trusts(a) {
		return true
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.ContainsFunc(g.allowed, func(p netip.Prefix) bool { return p.Contains(a) })
}

// check says why a message is to be dropped, if it is.
func (g *guard) check(raw []byte, from netip.Addr) dropReason {
	if g.knows(from) {
		return notDropped
	}
	head := bytes.TrimLeft(raw[:min(len(raw), maxGuardScan)], "\r\n")
	line, _ := cutLine(head)
	switch {
	case len(line) >= 4 && bytes.EqualFold(line[:4], []byte("SIP/")):
		if g.hasOurTag(head, true) {
			return notDropped
		}
		return droppedResponse
	case bytes.Contains(line, []byte(" SIP/")):
		if g.hasOurTag(head, false) {
			return notDropped
		}
		return droppedRequest
	}
	return droppedGarbage
}

// hasOurTag says whether the tag of our side of a call is in From of a response, or in To
// of a request. The tag is a keyed hash of the Call-ID: who has it was told it in a message
// of that call, whatever address the far end sends from.
func (g *guard) hasOurTag(head []byte, response bool) bool {
	var callID, from, to []byte
	eachEchoed(head, func(field echoField, value []byte) {
		switch {
		case field == echoCallID && callID == nil:
			callID = value
		case field == echoFrom && from == nil:
			from = value
		case field == echoTo && to == nil:
			to = value
		}
	})
	ours, theirs := to, from
	if response {
		ours, theirs = from, to
	}
	if callID == nil || ours == nil || theirs == nil {
		return false
	}
	if isOwnCallID(callID) && bytes.Contains(ours, []byte(g.signer.callerTag(string(callID)))) {
		return true
	}
	if !g.inbound {
		return false
	}
	far, _, err := parseAddress(string(theirs))
	return err == nil && bytes.Contains(ours, []byte(g.signer.calleeTag(string(callID), paramOf(far.params, "tag"))))
}

// isOwnCallID says whether a Call-ID has the form of those that trunkCredentials makes.
func isOwnCallID(id []byte) bool {
	id, _, _ = bytes.Cut(id, []byte("."))
	return len(id) == ownCallIDLength && bytes.IndexFunc(id, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '2' || c > '7') }) < 0
}

const ownCallIDLength = 26 // of rand.Text

// admit says whether a message is to be read. One that is not is counted, and once a
// minute logged.
func (a *Agent) admit(raw []byte, from netip.AddrPort, now time.Time) bool {
	why := a.guard.check(raw, from.Addr())
	if why != notDropped {
		a.drop(why, raw, from, now)
	}
	return why == notDropped
}

func (a *Agent) drop(why dropReason, raw []byte, from netip.AddrPort, now time.Time) {
	g := a.guard
	g.dropped[why].Add(1)
	if last := g.noted.Load(); now.Unix()-last < int64(noteEvery.Seconds()) || !g.noted.CompareAndSwap(last, now.Unix()) {
		return
	}
	var all uint64
	for i := range g.dropped {
		all += g.dropped[i].Load()
	}
	a.cfg.Log.LogAttrs(context.Background(), slog.LevelInfo, "SIP messages of unknown addresses are dropped: trunks and allowed networks alone may send",
		slog.Any("from", from), slog.String("what", firstLine(raw)), slog.String("reason", dropNames[why]), slog.Uint64("dropped", all))
}

// SetAllowed has the addresses of these networks send anything from now on, beside those
// of SetPeers.
func (a *Agent) SetAllowed(networks []netip.Prefix) {
	a.guard.mu.Lock()
	defer a.guard.mu.Unlock()
	a.guard.allowed = slices.Clone(networks)
}

// DroppedByReason counts what was dropped unread, since it came from an address that is neither
// one of a trunk nor allowed and belonged to no call, by the reason.
func (a *Agent) DroppedByReason() map[string]uint64 {
	counts := map[string]uint64{}
	for why := notDropped + 1; why < dropReasons; why++ {
		counts[dropNames[why]] = a.guard.dropped[why].Load()
	}
	return counts
}

// rateLimit bounds how often something is done in a second.
type rateLimit struct{ second, count atomic.Int64 }

// outOfDialogRate bounds what is sent for messages that belong to no session.
const outOfDialogRate = 500 // a second

// allow takes one of so many a second.
func (b *rateLimit) allow(limit int64) bool {
	if second := time.Now().Unix(); b.second.Swap(second) != second {
		b.count.Store(0)
	}
	return b.count.Add(1) <= limit
}
