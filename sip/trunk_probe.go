package sip

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Probe is the result of one request outside any dialog to one address of a target.
type Probe struct {
	Addr      netip.AddrPort
	Transport Transport // by which it was sent
	Err       error     // why there is no response; nil if there is one
	Code      int
	Reason    string
	Took      time.Duration
	// Seen is where the far end saw the request come from, by received and rport in the Via
	// of its response (RFC 3261 §18.2.1, RFC 3581 §4); not valid if it does not say.
	Seen   netip.AddrPort
	Server string    // of the header field Server or User-Agent
	Date   time.Time // of the header field Date; zero if there is none
}

// Probe resolves a target of a trunk, or one of its outbound proxies, and sends an OPTIONS
// request to each of its addresses, four of a NAPTR record at most, each of which has so long to
// respond. The error is that of the resolution.
func (a *Agent) Probe(ctx context.Context, trunk *Trunk, t Target, limit time.Duration) (probes []Probe, err error) {
	addrs, err := a.Resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, at := range a.resolver.tried(t, addrs) {
		to := a.hopToAddress(t, at)
		p, _ := a.probe(ctx, a.optionsRequest(t, trunk, to), to, limit)
		probes = append(probes, p)
	}
	return probes, nil
}

// probe sends a request outside any dialog, and waits for its final response, which is nil
// where there is none.
func (a *Agent) probe(ctx context.Context, req *sipmsg.Request, to hop, limit time.Duration) (Probe, *response) {
	type result struct {
		res *response
		err error
	}
	a.guard.trust(to.addr.Addr())
	p := Probe{Addr: to.addr, Transport: to.transport.protocol()}
	done := make(chan result, 1)
	began := time.Now()
	tx := a.transact(&clientTransaction{req: req, to: to, limit: limit, done: func(res *response, err error) { done <- result{res, err} }})
	select {
	case r := <-done:
		p.Err, p.Took = r.err, time.Since(began)
		if r.err == nil {
			p.read(r.res)
		}
		return p, r.res
	case <-ctx.Done():
		a.forget(tx)
		p.Err = context.Cause(ctx)
		return p, nil
	}
}

// read takes what a response says.
func (p *Probe) read(res *response) {
	p.Code, p.Reason = res.code, res.phrase
	if p.Server = field(res, "server"); p.Server == "" {
		p.Server = field(res, "user-agent")
	}
	p.Server = clipped(p.Server)
	p.Date, _ = http.ParseTime(field(res, "date")) // RFC 3261 §20.17: as in HTTP
	p.Seen = seenIn(res.Via())
}

// seenIn is the source of a request, as the Via of its response says it.
func seenIn(v *sipmsg.ViaHeader) (seen netip.AddrPort) {
	if v == nil {
		return seen
	}
	host, found := v.Params.Get("received")
	if !found {
		host = v.Host // the far end saw what the Via found
	}
	addr, err := netip.ParseAddr(host)
	port, portErr := strconv.ParseUint(v.Params.GetOr("rport", ""), 10, 16)
	if err != nil || portErr != nil && !found {
		return seen
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}
