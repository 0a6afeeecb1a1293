package sip

import (
	"context"
	"errors"
	"slices"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// RegistrationQuery is the result of a REGISTER without a Contact at one address of a
// registrar (RFC 3261 §10.2.3). It asks for the bindings and changes none; the registrar
// wants the same credentials for it as for one that registers.
type RegistrationQuery struct {
	// Hop is where it was sent to, as the trunk names it: a registrar, a target or an outbound
	// proxy.
	Hop string
	// Probe has the final response, or why there is none. Its address is not valid where Hop
	// has none, as Err says.
	Probe
	// Refused is why the challenge in the response was not answered, or that the credentials
	// were refused; nil: the response is no challenge.
	Refused error
	// Challenged says that the registrar asked for credentials, and Realm in which realm.
	Challenged bool
	Realm      string
	// Bindings are the Contacts that the registrar has for the address-of-record, as URIs.
	Bindings []string
}

// AddressOfRecord is the SIP URI that a trunk registers.
func (t *Trunk) AddressOfRecord() string {
	uri := sipmsg.Uri{Scheme: "sip", User: escapeUser(t.Username)}
	uri.Host, _ = t.fromHost(registrarsOf(t)[0])
	return uri.String()
}

// QueryRegistration asks each address of a trunk's registrars, four of a NAPTR record at most, for
// the bindings of the address-of-record. Each response has so long to come. It changes nothing at
// the registrars, and may be called for a trunk that is registered. The credentials that one
// address has refused go to no other, as those of a registration do: registrars lock accounts.
func (a *Agent) QueryRegistration(ctx context.Context, t *Trunk, limit time.Duration) (queries []RegistrationQuery) {
	for _, at := range t.routesTo(registrarsOf(t)) {
		target := t.Target(at.hop)
		addrs, err := a.Resolve(ctx, target)
		if err != nil {
			queries = append(queries, RegistrationQuery{Hop: at.hop, Probe: Probe{Transport: target.Transport, Err: err}})
			continue
		}
		for _, addr := range a.resolver.tried(target, addrs) {
			q, refused := a.queryRegistration(ctx, t, at, a.hopToAddress(target, addr), limit)
			queries = append(queries, q)
			if refused {
				return queries
			}
		}
	}
	return queries
}

// queryRegistration asks one address. refused says that it has had the credentials and does not
// take them.
func (a *Agent) queryRegistration(ctx context.Context, t *Trunk, at route, to hop, limit time.Duration) (q RegistrationQuery, refused bool) {
	q.Hop = at.hop
	r := newRegistration(a, t) // which never runs
	r.attempt.route, r.attempt.to = at, to
	for {
		var res *response
		q.Probe, res = a.probe(ctx, r.build(nil, append(slices.Clone(extensions), "path")), r.attempt.to, limit)
		if q.Err != nil {
			return q, false
		}
		if offered := linesOf(res, "security-server"); len(offered) > 0 {
			r.securityServer = offered
		}
		if q.Code != 401 && q.Code != 407 {
			for _, c := range addressesOf(res, "contact") {
				q.Bindings = append(q.Bindings, clipped(withoutPassword(c.uri)))
			}
			return q, q.Code == 403 && len(r.attempt.auth.sent) > 0
		}
		if found := strongest(challengesOf(res)); len(found) > 0 {
			q.Challenged, q.Realm = true, clipped(found[0].name)
		}
		switch r.digest.challenged(&r.attempt.auth, res) {
		case digestRetry:
			continue
		case digestStale:
			q.Refused = errors.New("called the nonce stale each time")
		case digestRefused:
			refused = true
			if q.Refused = refusedError(res); q.Refused == nil {
				q.Refused = errors.New("refused the credentials")
			}
		case digestUnsupported:
			q.Refused = r.digest.unsupportedError(res)
		}
		return q, refused
	}
}
