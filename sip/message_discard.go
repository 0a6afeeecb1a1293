package sip

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"unicode/utf8"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Discarded is what came for a call and could not be taken. What is repeated is told
// once, and counted.
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

// discard logs what was not taken of the datagrams that came, and why: of somebody
// whom we call, where it may cost a call, as a warning; of a stranger, who may send
// what he likes, as information; what is only late, for who looks for it. code is
// what it was answered with, 0 if nothing.
func (a *Agent) discard(raw []byte, from netip.AddrPort, f fault, code int) {
	level, message := slog.LevelInfo, "a SIP message from a stranger was discarded"
	switch {
	case f.late:
		level, message = slog.LevelDebug, "a SIP message was discarded, as it came too late"
	case a.socket.guard.trusts(from.Addr()):
		level, message = slog.LevelWarn, "a SIP message from a trunk was discarded"
	}
	attrs := []slog.Attr{slog.String("reason", f.reason), slog.Any("from", from), slog.String("what", firstLine(raw))}
	if f.detail != "" {
		attrs = append(attrs, slog.String("detail", f.detail))
	}
	if callID := scanHead(raw).CallID; callID != "" {
		attrs = append(attrs, slog.String("call_id", readable(callID)))
	}
	if code != 0 {
		attrs = append(attrs, slog.Int("answered", code))
	}
	a.log.LogAttrs(context.Background(), level, message, attrs...)
}

// discardResponse discards what is no request, and tells the calls that it may have
// been meant for.
func (a *Agent) discardResponse(raw []byte, from netip.AddrPort, f fault) {
	a.discard(raw, from, f, 0)
	if f.late {
		return
	}
	for _, s := range a.discardSessions(raw, from) {
		d := Discarded{FirstLine: firstLine(raw), From: from, Reason: f.String(), Count: 1}
		s.mailbox.deliver(func() { s.addDiscarded(d) })
	}
}

// discardSessions are the calls whose INVITE a response answers that cannot be taken: found by
// its Call-ID or its branch, which nobody guesses; by the address that it came from
// if it has neither.
func (a *Agent) discardSessions(raw []byte, from netip.AddrPort) []*Session {
	if callID := scanHead(raw).CallID; callID != "" {
		if s := a.session(sessionKey{callID, a.signer.callerTag(callID)}); s != nil {
			return []*Session{s}
		}
	}
	if branch := branchIn(raw); branch != "" {
		if s := a.clientTransactions.inviteSession(branch); s != nil {
			return []*Session{s}
		}
		return nil
	}
	if !a.socket.guard.trusts(from.Addr()) || isResponse(raw) && scanHead(raw).CallID != "" || !a.scanLimit.allowUpTo(scanRate) {
		return nil
	}
	return a.clientTransactions.inviteSessions(from.Addr())
}

// branchIn is the first branch of RFC 3261 in the bytes of a message.
func branchIn(raw []byte) string {
	at := bytes.Index(raw, []byte(sipmsg.RFC3261BranchMagicCookie))
	if at < 0 {
		return ""
	}
	end := at
	for end < len(raw) && isToken(string(raw[end:end+1])) {
		end++
	}
	return string(raw[at:end])
}

// inviteSession is the session of the INVITE with that branch, nil if none waits.
func (t *clientTransactions) inviteSession(branch string) *Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.waiting[clientTransactionKey{branch, sipmsg.INVITE}]; p != nil {
		return p.session
	}
	return nil
}

// inviteSessions are the sessions of the INVITEs that wait for that address.
func (t *clientTransactions) inviteSessions(a netip.Addr) (found []*Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, p := range t.waiting {
		if key.method == sipmsg.INVITE && p.to.Addr() == a && p.session != nil {
			found = append(found, p.session)
		}
	}
	return found
}

// hasOtherBranch says whether a response has all of a request that waits but its branch, so
// that it answers nothing.
func (t *clientTransactions) hasOtherBranch(res *sipmsg.Response) bool {
	cseq := res.CSeq()
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, p := range t.waiting {
		if key.method == cseq.MethodName && p.req.CSeq().SeqNo == cseq.SeqNo && p.req.CallID().Value() == res.CallID().Value() {
			return true
		}
	}
	return false
}

const maxDiscards = 8 // of one call that are told apart

// addDiscarded notes what came for the call in vain.
func (s *Session) addDiscarded(d Discarded) {
	if s.outbound == nil || s.endReported {
		return
	}
	d.Target = s.outbound.target
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
func (s *Session) discardResponse(res *sipmsg.Response, f fault) {
	from, err := netip.ParseAddrPort(res.Source())
	if err != nil {
		return
	}
	s.agent.discard([]byte(res.StartLine()+"\r\nCall-ID: "+s.key.callID), from, f, 0)
	if !f.late {
		s.addDiscarded(Discarded{FirstLine: firstLine([]byte(res.StartLine())), From: from, Reason: f.String(), Count: 1})
	}
}

// firstLine tells a datagram apart for somebody who reads.
func firstLine(raw []byte) string {
	line, _ := cutLine(raw)
	if text := clipped(string(line)); text != "" && utf8.Valid(line) && !hasControl(string(line)) {
		return text
	}
	return fmt.Sprintf("%d bytes", len(raw))
}
