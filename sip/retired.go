package sip

import "time"

// inviteKey is what a copy of an INVITE has in common with the original, also
// when it took another path (RFC 3261 §8.2.2.2).
type inviteKey struct {
	callID, fromTag string
	cseq            uint32
}

// retired remembers the INVITEs of sessions that are over, so that a late copy
// does not ring twice. It forgets them after one to two spans.
type retired struct {
	now, before map[inviteKey]struct{}
	turned      time.Time
}

func (r *retired) add(k inviteKey, at time.Time, span time.Duration) {
	if r.now == nil || at.Sub(r.turned) > span {
		r.before, r.now, r.turned = r.now, map[inviteKey]struct{}{}, at
	}
	r.now[k] = struct{}{}
}

func (r *retired) has(k inviteKey) bool {
	_, now := r.now[k]
	_, before := r.before[k]
	return now || before
}
