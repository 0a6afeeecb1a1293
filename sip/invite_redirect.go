package sip

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// RedirectPolicy is what a trunk does with the Contacts of a 3xx.
type RedirectPolicy string

// The policies. The zero value is RefuseRedirects.
const (
	RefuseRedirects RedirectPolicy = "refuse" // the call ends
	FollowRedirects RedirectPolicy = "follow" // within the trunk's own hosts
)

// RedirectPolicies lists the policies, the default first.
func RedirectPolicies() []RedirectPolicy { return []RedirectPolicy{RefuseRedirects, FollowRedirects} }

// maxRedirections bounds the redirections of one call that are followed.
const maxRedirections = 5

// redirect is a Contact of a 3xx that the call goes on to.
type redirect struct {
	uri    sipmsg.Uri // the Request-URI
	target Target     // zero: the address that redirected
}

// follow goes on to the first Contact of a 3xx, by its preference, that the trunk lets the
// call go to (RFC 3261 §8.1.3.4), and reports false if there is none. Each Contact of the
// Outcome's Redirection that it passes over gets the reason.
func (s *Session) follow(t *sentInvite, res *response) bool {
	o := s.outbound
	if o.Trunk.Redirects != FollowRedirects || res.code != 300 && res.code != 301 && res.code != 302 || !s.isInviting() {
		return false
	}
	contacts := addressesOf(res, "contact")
	contacts = contacts[:min(len(contacts), maxRedirects)]
	order := make([]int, len(contacts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(preference(s.out.Redirection.Contacts[j].Q), preference(s.out.Redirection.Contacts[i].Q))
	})
	for _, i := range order {
		next, why := s.redirectTo(contacts[i].uri)
		if why != "" {
			s.out.Redirection.Contacts[i].Refused = why
			continue
		}
		o.redirected = append(o.redirected, next.uri.String())
		o.addrs, o.auth = nil, digestAttempts{}
		s.out.Redirection, s.out.Code, s.out.Reason, s.out.Explanation, s.out.Q850 = Redirection{}, 0, "", Explanation{}, 0
		o.retry = func() { s.inviteRedirected(next, t.to) }
		s.input(inRetry)
		return true
	}
	return false
}

// preference reads a qvalue; none is 1.
func preference(q string) float64 {
	f, err := strconv.ParseFloat(q, 64)
	if err != nil {
		return 1
	}
	return f
}

// redirectTo says why a call does not go on to a Contact, if it does not.
func (s *Session) redirectTo(uri sipmsg.Uri) (next redirect, why string) {
	o := s.outbound
	uri = asTarget(uri)
	transport := strings.ToLower(uri.UriParams.GetOr("transport", ""))
	number, _, _ := strings.Cut(unescapeUser(uri.User), ";")
	switch {
	case !strings.EqualFold(uri.Scheme, "sip") && (o.at.Transport != TLS || !strings.EqualFold(uri.Scheme, "sips")):
		return redirect{}, "it is no sip: URI"
	case len(o.redirected) >= maxRedirections:
		return redirect{}, "the call has been redirected " + strconv.Itoa(maxRedirections) + " times"
	case slices.Contains(o.redirected, uri.String()):
		return redirect{}, "it has been tried"
	case transport != "" && transport != string(o.at.Transport):
		return redirect{}, "the trunk uses another transport"
	case uri.UriParams.Has("maddr"):
		return redirect{}, "it names a host of its own in maddr"
	case number != o.To && (o.Permits == nil || !o.Permits(number)):
		return redirect{}, "the account may not call that number"
	}
	target, own := s.agent.ownTarget(o.Trunk, o.at.Transport, trimBrackets(uri.Host), uri.Port)
	if !own {
		return redirect{}, "its host is none of the trunk's"
	}
	return redirect{uri, target}, ""
}

// ownTarget is where a URI with one of the trunk's own hosts is reached, the zero Target for
// its domain: that names the trunk, and need not be in DNS.
func (a *Agent) ownTarget(t *Trunk, over Transport, host string, port int) (target Target, own bool) {
	ip, notIP := netip.ParseAddr(host)
	for _, text := range t.Targets {
		target = t.Target(text)
		if !a.resolver.goesOver(target, over) {
			continue
		}
		name, _ := splitDomain(target.Address)
		ap, isAddress := literal(target.Address, over)
		if strings.EqualFold(name, host) || isAddress && ap.Addr() == ip.Unmap() || notIP == nil && a.peers.has(target, ip.Unmap()) {
			target.Transport, target.Address = over, joinHostPort(host, port, a.transports[over])
			return target, true
		}
	}
	domain, _ := splitDomain(t.Domain)
	return Target{}, domain != "" && strings.EqualFold(domain, host)
}

// inviteRedirected sends the next INVITE to where a 3xx pointed.
func (s *Session) inviteRedirected(next redirect, from hop) {
	o := s.outbound
	o.requestURI = &next.uri
	if next.target.Address == "" {
		s.invite(from)
		return
	}
	o.route, s.out.Target = route{target: next.target.Address, hop: next.target.Address}, next.target.Address
	s.lookUp(next.target)
}
