package sip

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Probe is the result of one OPTIONS request to one address of a target.
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

// Probe resolves a target and sends an OPTIONS request to each of its addresses, four at
// most, each of which has so long to respond. The error is that of the resolution.
func (a *Agent) Probe(ctx context.Context, t Target, limit time.Duration) (probes []Probe, err error) {
	addrs, err := a.Resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
		a.guard.trust(addr.Addr())
		probes = append(probes, a.probe(ctx, t, a.hopTo(t, addr), limit))
	}
	return probes, nil
}

func (a *Agent) probe(ctx context.Context, t Target, to hop, limit time.Duration) Probe {
	type result struct {
		res *response
		err error
	}
	done := make(chan result, 1)
	began := time.Now()
	tx := a.transact(&clientTransaction{req: a.optionsRequest(t, nil, to), to: to, limit: limit, done: func(res *response, err error) { done <- result{res, err} }})
	select {
	case r := <-done:
		p := Probe{Addr: to.addr, Transport: to.transport.protocol(), Err: r.err, Took: time.Since(began)}
		if r.err == nil {
			p.read(r.res)
		}
		return p
	case <-ctx.Done():
		a.forget(tx)
		return Probe{Addr: to.addr, Transport: to.transport.protocol(), Err: context.Cause(ctx)}
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
