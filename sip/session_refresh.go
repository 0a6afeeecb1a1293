package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// refresher is the session timer of RFC 4028: one side refreshes the session at half its
// interval, the other ends it when that stops. None is requested; one that the other side
// requests is kept. Owned by run.
type refresher struct {
	interval time.Duration // 0: the session has no timer
	ours     bool          // we refresh it
	local    []byte        // our last SDP, to be offered again where UPDATE is unknown
}

// minInterval is the shortest session interval that is accepted (RFC 4028 §4).
const minInterval = 90 * time.Second

// sessionExpires reads the Session-Expires header field of a message: the interval, 0 if
// there is none, and the refresher, "uac", "uas" or empty.
func sessionExpires(m sipmsg.Message) (interval time.Duration, role string) {
	value := field(m, "session-expires")
	digits, _, _ := strings.Cut(value, ";")
	n, ok := number(strings.TrimSpace(digits))
	if !ok {
		return 0, ""
	}
	params, _, _ := parseParams(value, len(digits))
	if role = strings.ToLower(paramOf(params, "refresher")); role != "uac" && role != "uas" {
		role = ""
	}
	return time.Duration(n) * time.Second, role
}

// number reads a decimal of at most 32 bits.
func number(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil
}

// checkTimer refuses an interval shorter than minInterval.
func checkTimer(req *request) reply {
	if interval, _ := sessionExpires(req); interval == 0 || interval >= minInterval {
		return reply{}
	}
	return reply{code: 422, reason: "Session Interval Too Small", headers: []Header{{"Min-SE", seconds(minInterval)}}}
}

// asked takes the timer that a remote request asks for; one without ends it. Where a
// proxy asks for it and the sender supports no timers, we refresh (RFC 4028 §9).
func (r *refresher) asked(req *request) {
	interval, role := sessionExpires(req)
	r.interval = interval
	r.ours = role == "uas" || role == "" && !slices.Contains(options(req, "supported"), "timer")
}

// agreed takes the timer that a remote 2xx sets; one without ends it.
func (r *refresher) agreed(res *response) {
	interval, role := sessionExpires(res)
	if interval != 0 {
		interval = max(interval, minInterval)
	}
	r.interval, r.ours = interval, role != "uas"
}

// headers belong into our 2xx (answer), or into our refresh or re-INVITE: the roles stay
// as they are.
func (r *refresher) headers(answer bool) []Header {
	if r.interval == 0 {
		return nil
	}
	role := "uas"
	if r.ours != answer {
		role = "uac"
	}
	hs := []Header{{"Session-Expires", seconds(r.interval) + ";refresher=" + role}}
	switch {
	case !answer:
		hs = append(hs, Header{"Min-SE", seconds(minInterval)})
	case !r.ours:
		hs = append(hs, Header{"Require", "timer"})
	}
	return hs
}

// raise takes the interval that a 422 wants at least.
func (r *refresher) raise(res *response) bool {
	n, ok := number(field(res, "min-se"))
	least := time.Duration(n) * time.Second
	if !ok || least <= r.interval {
		return false
	}
	r.interval = least
	return true
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// watchRefresh starts the timer anew.
func (s *Session) watchRefresh() {
	s.deadlines.stop(dueRefresh)
	s.deadlines.stop(dueExpiry)
	r := &s.refresh
	if r.interval == 0 || s.state != stateConfirmed {
		return
	}
	if r.ours {
		s.deadlines.set(dueRefresh, r.interval/2)
		s.deadlines.set(dueExpiry, r.interval)
		return
	}
	// RFC 4028 §10: BYE a little before the end, while both still know the dialog.
	s.deadlines.set(dueExpiry, r.interval-min(32*time.Second, r.interval/3))
}

// sendRefresh refreshes the session: by UPDATE, or by a re-INVITE that offers
// what was agreed.
func (s *Session) sendRefresh() {
	if s.state != stateConfirmed || s.offers.pending != nil || s.offers.want {
		return // our re-INVITE refreshes it too
	}
	if !s.dialog.allowsUpdate {
		s.setOffer(s.refresh.local, true)
		return
	}
	req := s.dialog.request(s.agent, sipmsg.UPDATE, s.dialog.next())
	appendHeaders(req, s.refresh.headers(false))
	s.inDialog(req, nil, func(res *response, err error) {
		switch {
		case err != nil:
			s.callLost(err)
		case res.success():
			s.dialog.refresh(res)
			s.refresh.agreed(res)
			s.watchRefresh()
		case res.code == 422 && s.refresh.raise(res):
			s.sendRefresh()
		default:
			s.dialogGone(res, nil) // or it expires
		}
	})
}
