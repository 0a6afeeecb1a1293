package sip

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"unicode/utf8"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Discarded is a message that came for a call and was discarded. One that is repeated is
// listed once, and counted.
type Discarded struct {
	FirstLine string // its first line, or its size where that is no text
	From      netip.AddrPort
	Target    string // of the trunk, which was being called then
	Reason    string
	Count     int
}

// fault is why a message is discarded. The reason is one of a few, by which the log
// holds repetitions back; what far ends may choose stands in the detail.
type fault struct {
	reason, detail string
	late           bool // it would have been taken before: a copy, or one overtaken
}

func (f fault) String() string {
	if f.detail == "" {
		return f.reason
	}
	return f.reason + ": " + f.detail
}

// discard logs that a message was discarded, and why: from an address that calls are
// placed to, where it may cost a call, as a warning; from any other, which may send
// anything, as information; one that is late for debugging. code is what it was answered
// with, 0 if nothing.
func (a *Agent) discard(raw []byte, from hop, f fault, code int) {
	a.discards.count(f.reason)
	level, message := slog.LevelInfo, "a SIP message from an unknown address was discarded"
	switch {
	case f.late:
		level, message = slog.LevelDebug, "a SIP message was discarded, as it came too late"
	case a.guard.trusts(from.addr.Addr()):
		level, message = slog.LevelWarn, "a SIP message from a trunk was discarded"
	}
	attrs := []slog.Attr{slog.String("reason", f.reason), slog.Any("from", from.addr), slog.String("what", firstLine(raw))}
	if f.detail != "" {
		attrs = append(attrs, slog.String("detail", f.detail))
	}
	if callID := scanHead(raw).CallID; callID != "" {
		attrs = append(attrs, slog.String("call_id", clipped(callID)))
	}
	if code != 0 {
		attrs = append(attrs, slog.Int("answered", code))
	}
	a.log.LogAttrs(context.Background(), level, message, attrs...)
}

// discardCounts counts discarded messages by the reason of their fault.
type discardCounts struct {
	mu       sync.Mutex
	byReason map[string]uint64
}

// maxDiscardReasons bounds what is counted apart; there are fewer reasons.
const maxDiscardReasons = 64

func (c *discardCounts) count(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.byReason[reason]; known || len(c.byReason) < maxDiscardReasons {
		c.byReason[reason]++
	}
}

// DiscardedByReason counts the messages that were read and discarded, by the reason.
func (a *Agent) DiscardedByReason() map[string]uint64 {
	a.discards.mu.Lock()
	defer a.discards.mu.Unlock()
	return maps.Clone(a.discards.byReason)
}

// discardResponse discards what is no request, and reports it to the calls that it may
// have been meant for.
func (a *Agent) discardResponse(raw []byte, from hop, f fault) {
	a.discard(raw, from, f, 0)
	if f.late {
		return
	}
	for _, s := range a.discardSessions(raw, from) {
		d := Discarded{FirstLine: firstLine(raw), From: from.addr, Reason: f.String(), Count: 1}
		s.doMessage(func() { s.addDiscarded(d) }, true)
	}
}

// discardSessions are the calls whose INVITE a discarded response answers: found by its
// Call-ID or its branch, which cannot be guessed; by its source if it has neither, over UDP
// from whatever port.
func (a *Agent) discardSessions(raw []byte, from hop) (sessions []*Session) {
	callID, branch := scanHead(raw).CallID, branchIn(raw)
	if s := a.session(sessionKey{callID, a.signer.callerTag(callID)}); callID != "" && s != nil {
		return []*Session{s}
	}
	if branch == "" && (!a.guard.trusts(from.addr.Addr()) || isResponse(raw) && callID != "" || !a.scanLimit.allow(scanRate)) {
		return nil
	}
	for _, t := range a.clientTransactions.find(func(t *clientTransaction) bool {
		if t.key.method != sipmsg.INVITE || t.session == nil {
			return false
		}
		sameHost := !from.transport.reliable() && t.to.transport == from.transport && t.to.addr.Addr() == from.addr.Addr()
		return t.key.branch == branch || branch == "" && (t.to == from || sameHost)
	}) {
		sessions = append(sessions, t.session)
	}
	return sessions
}

// branchIn is the first branch of RFC 3261 in the bytes of a message.
func branchIn(raw []byte) string {
	at := bytes.Index(raw, []byte(sipmsg.RFC3261BranchMagicCookie))
	if at < 0 {
		return ""
	}
	raw = raw[at:]
	if end := bytes.IndexFunc(raw, func(c rune) bool { return !isTokenChar(c) }); end >= 0 {
		raw = raw[:end]
	}
	return string(raw)
}

// hasOtherBranch says whether a response has all of a request that waits but its branch, so
// that it answers nothing.
func (c *clientTransactions) hasOtherBranch(res *response) bool {
	return len(c.find(func(t *clientTransaction) bool {
		return t.key.method == res.method && t.req.CSeq().SeqNo == res.cseq && string(*t.req.CallID()) == res.callID
	})) > 0
}

const maxDiscards = 8 // of one call that are listed

func (s *Session) addDiscarded(d Discarded) {
	if s.outbound == nil || s.endReported {
		return
	}
	d.Target = s.outbound.route.hop
	for i, old := range s.out.Discarded {
		if old.FirstLine == d.FirstLine && old.From == d.From && old.Target == d.Target && old.Reason == d.Reason {
			s.out.Discarded[i].Count++
			return
		}
	}
	if len(s.out.Discarded) < maxDiscards {
		s.out.Discarded = append(s.out.Discarded, d)
	}
}

// discardResponse discards a response that reached its session and means nothing there.
func (s *Session) discardResponse(res *response, f fault) {
	line := res.Message.(*sipmsg.Response).StartLine()
	s.agent.discard([]byte(line+"\r\nCall-ID: "+s.key.callID), res.source, f, 0)
	if !f.late {
		s.addDiscarded(Discarded{FirstLine: firstLine([]byte(line)), From: res.source.addr, Reason: f.String(), Count: 1})
	}
}

// firstLine is the first line of a message as a log shows it.
func firstLine(raw []byte) string {
	line, _ := cutLine(raw)
	if text := clipped(string(line)); text != "" && utf8.Valid(line) && !hasControl(string(line)) {
		return text
	}
	return fmt.Sprintf("%d bytes", len(raw))
}
