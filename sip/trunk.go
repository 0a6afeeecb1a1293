package sip

import (
	"cmp"
	"net/netip"
	"time"

	"ringflow/internal/secret"
)

// Trunk is a carrier or PBX that calls are placed through. It is not changed while a
// session uses it.
type Trunk struct {
	Name string
	// Targets are tried in order, each as host or host:port, or as a SIP or SIPS URI
	// without a user, with ;transport= or without it. A host name is resolved; one
	// without a port is looked up by SRV first (RFC 3263).
	Targets []string
	// Weights are of Targets, in their order: those with a weight share calls in the
	// proportion of their weights, and come before those with 0. None: the order alone.
	Weights   []int
	Transport Transport // of targets that name none; empty: UDP
	TLS       TLSSettings
	// Domain is the host part of the Request-URI, and FromDomain that of From; empty means
	// that of the target, and Domain.
	Domain, FromDomain string
	// OutboundProxies are where requests outside a dialog go, in place of the Targets, each
	// as one of those is written. They stand in Route (RFC 3261 §8.1.2).
	OutboundProxies []string
	// AuthUser is the username of digest authentication; empty: Username.
	Username, AuthUser string
	Password           secret.Secret
	// Redirects is what becomes of a 3xx; empty: RefuseRedirects.
	Redirects RedirectPolicy
	// SessionTimer is the session interval that an INVITE requests (RFC 4028), from 90
	// seconds on; 0 requests none, and keeps one that the far end requests.
	SessionTimer time.Duration
	// Realm is the only one whose challenges are answered; empty: any.
	Realm string
	// Register is how the trunk registers (Agent.SetRegistrations); nil: it does not.
	Register *Registration
	// Ping is how often each target is to be pinged (Agent.SetPings); 0: never.
	Ping time.Duration
	// LargeRequests is the transport of INVITEs above 1,300 bytes; empty: LargeAuto.
	LargeRequests LargeRequests
	// Failover is until when a call may go to another target; empty: BeforeProgress.
	Failover Failover
}

// Failover is until when a call may go on to another target.
type Failover string

// The values of Failover. The first is the default: behind a 183 a phone may ring as behind
// a 180.
const (
	FailoverBeforeProgress Failover = "before_progress" // until a provisional response other than 100
	FailoverBeforeRinging  Failover = "before_ringing"  // until a 180
	FailoverNever          Failover = "never"           // none: the first INVITE is the only one
)

// Failovers lists all of them, the default first.
func Failovers() []Failover {
	return []Failover{FailoverBeforeProgress, FailoverBeforeRinging, FailoverNever}
}

// authUser is the username of digest authentication; empty: the trunk has none.
func (t *Trunk) authUser() string { return cmp.Or(t.AuthUser, t.Username) }

// Header is a header field to be added to a message.
type Header struct{ Name, Value string }

// OfferFor is what an offer is for.
type OfferFor struct {
	To netip.Addr // where the INVITE goes
	// Least says that a longer INVITE was refused as too large: the offer is to have nothing
	// that it can do without.
	Least bool
}

// Outgoing is a call to be placed.
type Outgoing struct {
	Trunk *Trunk
	// From and To are user parts, such as +12025550100; Display is shown beside
	// From.
	From, Display, To string
	// FromHost is the host part of From; empty means that of the trunk.
	FromHost string
	// FromPhone and ToPhone say that From and To are telephone numbers: their URIs have
	// user=phone (RFC 3261 §19.1.1).
	FromPhone, ToPhone bool
	// Headers returns the header fields that are added to the INVITE, such as
	// P-Asserted-Identity or Diversion; domain is the host part of the URIs in them, with
	// its port if it has one. A field that this package writes itself is refused. Nil: none.
	// It is called as the function of Session.Notify is, and so are the functions below.
	Headers func(domain string) []Header
	// Permits says whether the user part of a 3xx's Contact, another than To, may be called;
	// nil permits none.
	Permits func(user string) bool
	// Offer makes the SDP offer of each INVITE; nil: it has none.
	Offer func(OfferFor) []byte
	// RingLimit runs from the first 18x; 0 is three minutes (RFC 3261 timer C).
	RingLimit time.Duration
	// SetupLimit runs from the INVITE while no 18x has come; 0 is one minute.
	SetupLimit time.Duration
	// Alternative says that the caller has another trunk: the last target too is given up
	// as soon as one with a next target is.
	Alternative bool
	// Decide says what follows a refusal, which Refusal.failsOver decides where it returns
	// DecideByCode; nil: always.
	Decide func(Refusal) Decision
}
