package sip

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// contactURI is our Contact in a REGISTER to a hop.
func (r *registration) contactURI(to hop) sipmsg.Uri {
	at := to.transport.local().toward(to.addr.Addr())
	if r.behind.IsValid() {
		at = r.behind
	}
	uri := sipmsg.Uri{Scheme: schemeOf(to), User: escapeUser(r.trunk.Username), Host: uriHost(at.Addr()), Port: int(at.Port())}
	if p := to.transport.protocol(); !to.isSecure() && p != UDP { // which a URI means that names none (RFC 3261 §19.1.2)
		uri.UriParams = sipmsg.HeaderParams{{K: "transport", V: string(p)}}
	}
	if r.settings.has(ExtensionGIN) { // RFC 6140 §5.2: no user part
		uri.User = ""
		uri.UriParams = append(uri.UriParams, sipmsg.HeaderKV{K: "bnc"})
	}
	return uri
}

// seenBy is the address that a request of ours came from, as its response has it in our Via
// (RFC 3581 §4); zero if it does not say.
func seenBy(res *response) netip.AddrPort {
	via := res.Via()
	port, err := strconv.ParseUint(via.Params.GetOr("rport", ""), 10, 16)
	if err != nil || port == 0 {
		return netip.AddrPort{}
	}
	host := via.Params.GetOr("received", "")
	if host == "" {
		host = via.Host
	}
	addr, err := netip.ParseAddr(trimBrackets(host))
	if err != nil || addr.IsUnspecified() || addr.IsMulticast() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port))
}

// behindOf is the address that our Contact is to have in place of the advertised one, after
// requests of ours to a hop were seen to come from it; zero: the advertised one stays.
func (r *registration) behindOf(to hop, seen netip.AddrPort) netip.AddrPort {
	advertised := to.transport.local().toward(to.addr.Addr())
	if r.settings.Contact != ContactReceived || !seen.IsValid() || seen == advertised || to.transport.reliable() && seen.Addr() == advertised.Addr().Unmap() {
		return netip.AddrPort{}
	}
	return seen
}

// grant is what a 2xx to REGISTER says of one binding.
type grant struct {
	contact string
	expires time.Duration
}

// grantOf finds our binding among the Contacts of a 2xx (RFC 3261 §10.2.4, §10.3): by
// instance and flow, by the address that we gave or that the registrar has seen, or by our
// user part, if it is in one Contact alone. Others are those of other user agents. The
// expiry is that of the Contact, else that of the response, else what was asked for.
func grantOf(res *response, sent sipmsg.Uri, instance string, asked time.Duration) (grant, bool) {
	found := addressesOf(res, "contact")
	seen := seenBy(res)
	same := func(by func(parsedAddress) bool) int { return slices.IndexFunc(found, by) }
	at := same(func(c parsedAddress) bool {
		return instance != "" && strings.EqualFold(unquote(paramOf(c.params, "+sip.instance")), instance) && paramOf(c.params, "reg-id") == regID
	})
	for _, addr := range []netip.AddrPort{addrOf(sent), seen} {
		if at < 0 {
			at = same(func(c parsedAddress) bool {
				return addr.IsValid() && addrOf(c.uri) == addr && unescapeUser(c.uri.User) == unescapeUser(sent.User)
			})
		}
	}
	if at < 0 {
		ours := func(c parsedAddress) bool { return unescapeUser(c.uri.User) == unescapeUser(sent.User) }
		if at = same(ours); at >= 0 && slices.ContainsFunc(found[at+1:], ours) {
			at = -1
		}
	}
	if at < 0 {
		return grant{}, false
	}
	granted := asked
	if n, ok := number(strings.TrimSpace(field(res, "expires"))); ok {
		granted = time.Duration(n) * time.Second
	}
	if n, ok := number(unquote(paramOf(found[at].params, "expires"))); ok {
		granted = time.Duration(n) * time.Second
	}
	return grant{withoutPassword(found[at].uri), granted}, true
}

// addrOf is the address in a URI, with the default port if it has none; zero if its host is
// a name.
func addrOf(u sipmsg.Uri) netip.AddrPort {
	addr, err := netip.ParseAddr(trimBrackets(u.Host))
	if err != nil {
		return netip.AddrPort{}
	}
	port := uint16(u.Port)
	if port == 0 {
		port = defaultPort
	}
	return netip.AddrPortFrom(addr.Unmap(), port)
}

// serviceRouteOf is the service route of a 2xx to REGISTER (RFC 3608 §5): none clears it.
func serviceRouteOf(res *response) (routes []sipmsg.Uri) {
	for _, r := range addressesOf(res, "service-route") {
		routes = append(routes, r.uri)
	}
	if len(routes) > maxServiceRoutes {
		return nil
	}
	return routes
}

// maxServiceRoutes bounds a service route: more than proxies in a row is a fault.
const maxServiceRoutes = 16
