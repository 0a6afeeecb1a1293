package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// refresher is the session timer of RFC 4028: one side refreshes the session at half its
// interval, the other ends it when that stops. One is requested where the trunk has
// SessionTimer; one that the other side requests is kept. Owned by whoever does the session's jobs.
type refresher struct {
	interval time.Duration // 0: the session has no timer
	period   time.Duration // the interval as the far end has it, which may be below minInterval
	minimum  time.Duration // what a 422 wants at least; 0: none has come
	ours     bool          // we refresh it
	local    []byte        // our last SDP, to be offered again where UPDATE is unknown
	remote   []byte        // their last SDP
	retries  int           // of a refresh that was refused for a while
	raised   int           // how often a 422 has raised the interval
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
	r.interval, r.period = interval, interval
	r.ours = role == "uas" || role == "" && !slices.Contains(options(req, "supported"), "timer")
}

// agreed takes the timer that a remote 2xx sets; one without ends it.
func (r *refresher) agreed(res *response) {
	interval, role := sessionExpires(res)
	r.period, r.retries = interval, 0
	if interval != 0 {
		interval = max(interval, minInterval)
	}
	r.interval, r.ours = interval, role != "uas"
}

// request is what an INVITE outside any dialog says of session timers: the far end chooses
// who refreshes (§7.1).
func (r *refresher) request(timer time.Duration) []Header {
	if timer == 0 && r.minimum == 0 {
		return nil
	}
	least := max(minInterval, r.minimum)
	hs := []Header{{"Session-Expires", seconds(max(timer, least))}}
	if r.minimum != 0 { // of the 422 (§7.3)
		hs = append(hs, Header{"Min-SE", seconds(least)})
	}
	return hs
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
		hs = append(hs, Header{"Min-SE", seconds(max(minInterval, r.minimum))})
	case !r.ours:
		hs = append(hs, Header{"Require", "timer"})
	}
	return hs
}

// raise takes the interval that a 422 wants at least. It reports false if that is no longer
// than what was asked for, or than longestInterval.
func (r *refresher) raise(res *response) bool {
	n, ok := number(field(res, "min-se"))
	least := time.Duration(n) * time.Second
	if !ok || least <= max(r.interval, r.minimum) || least > longestInterval || r.raised == maxRaised {
		return false
	}
	r.raised++
	r.minimum = least
	if r.interval != 0 {
		r.interval, r.period = least, least
	}
	return true
}

const (
	longestInterval = 24 * time.Hour // that a 422 may raise a request to
	maxRaised       = 3              // times in a call: proxies on the way may each want more
)

// newer is the SDP of a message, or the one before if it has none.
func newer(body, before []byte) []byte {
	if body == nil {
		return before
	}
	return body
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
		s.deadlines.set(dueRefresh, r.period/2)
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
		case res.code == 481 || res.code == 408:
			s.dialogGone(res, nil)
		case res.code == 491 || res.code == 500:
			s.refreshAgain(res)
		default: // such as 405 and 501
			s.dialog.allowsUpdate = false
			s.sendRefresh()
		}
	})
}

// retarget gives the far end our Contact anew, if the call is over a trunk of r: by a re-INVITE
// (RFC 3261 §12.2.1.1) that offers what was agreed, so that a far end that our audio reaches from
// another address than before takes it too. A call that is not answered yet does so when it is.
func (s *Session) retarget(r *registration) {
	o := &s.offers
	switch {
	case s.outbound == nil || s.agent.registrationOf(s.outbound.Trunk) != r:
	case o.want: // the offer that waits has the new Contact
	case o.pending != nil: // and this one the old
		o.want = true
	default:
		s.setOffer(s.refresh.local, true)
		o.retarget = true
	}
}

// refreshAgain refreshes the session once what stood in the way of a refresh may be over.
func (s *Session) refreshAgain(res *response) {
	r := &s.refresh
	if r.retries++; r.retries > maxGlares {
		return // it expires
	}
	wait := s.glareDelay()
	if n, ok := number(field(res, "retry-after")); ok && n <= 60 {
		wait = max(wait, time.Duration(n)*time.Second)
	}
	s.deadlines.set(dueRefresh, wait)
}
