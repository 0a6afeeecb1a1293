package sip

import (
	"cmp"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// route is a way of a request outside any dialog to a trunk.
type route struct {
	target string        // one of the trunk's: the host of the Request-URI, unless the trunk has a Domain
	hop    string        // whose address is looked up: an outbound proxy, else the target
	first  targetAddress // is tried before the other addresses; zero: none
}

// routesTo are the ways to targets of the trunk: each by each outbound proxy, if there is
// any.
func (t *Trunk) routesTo(targets []string) (routes []route) {
	for _, target := range targets {
		for _, proxy := range t.OutboundProxies {
			routes = append(routes, route{target: target, hop: proxy})
		}
		if len(t.OutboundProxies) == 0 {
			routes = append(routes, route{target: target, hop: target})
		}
	}
	return routes
}

// CallHops are where calls go: the outbound proxies, else the targets.
func (t *Trunk) CallHops() []string {
	if len(t.OutboundProxies) > 0 {
		return t.OutboundProxies
	}
	return t.Targets
}

// NextHops are where requests outside a dialog go: CallHops, and the registrars.
func (t *Trunk) NextHops() []string {
	if t.Register != nil && len(t.OutboundProxies) == 0 {
		return append(slices.Clone(t.Targets), t.Register.Registrars...)
	}
	return t.CallHops()
}

// withFirst puts the way by a hop and its address first.
func withFirst(routes []route, hop string, addr targetAddress) []route {
	if i := slices.IndexFunc(routes, func(r route) bool { return r.hop == hop }); i >= 0 {
		first := routes[i]
		first.first = addr
		return append([]route{first}, slices.Delete(slices.Clone(routes), i, i+1)...)
	}
	return routes
}

// addresses are those of the hop in the order in which they are tried.
func (r route) addresses(found []targetAddress) []targetAddress {
	if !r.first.addr.IsValid() {
		return found
	}
	return append([]targetAddress{r.first}, slices.DeleteFunc(slices.Clone(found), func(a targetAddress) bool { return a == r.first })...)
}

// host is the host of the trunk's Request-URIs, and its port, 0 if none is given.
func (t *Trunk) host(target string) (host string, port int) {
	return splitDomain(cmp.Or(t.Domain, t.Target(target).Address))
}

// fromHost is the host of From, and its port.
func (t *Trunk) fromHost(target string) (host string, port int) {
	return splitDomain(cmp.Or(t.FromDomain, t.Domain, t.Target(target).Address))
}

// preloaded is the route set of a request outside any dialog that goes to a hop: the outbound
// proxy, if the trunk has any, and then the service route (RFC 3608 §6.1).
func (t *Trunk) preloaded(hop Target, service []sipmsg.Uri) []sipmsg.Uri {
	if !slices.ContainsFunc(t.OutboundProxies, func(text string) bool { return t.Target(text).Address == hop.Address }) {
		return service
	}
	proxy := sipmsg.Uri{Scheme: "sip", UriParams: sipmsg.HeaderParams{{K: "lr"}}}
	proxy.Host, proxy.Port = splitDomain(hop.Address)
	if hop.isSecure() {
		proxy.Scheme = "sips"
	} else if hop.Transport != UDP && hop.Transport != Auto {
		proxy.UriParams = append(proxy.UriParams, sipmsg.HeaderKV{K: "transport", V: string(hop.Transport)})
	}
	port := func(u sipmsg.Uri) int { return cmp.Or(u.Port, int(hop.Transport.port())) }
	if len(service) > 0 && strings.EqualFold(service[0].Host, proxy.Host) && port(service[0]) == port(proxy) {
		return service // the proxy put itself there
	}
	return append([]sipmsg.Uri{proxy}, service...)
}

// isSecure says that the target was written as sips:.
func (t Target) isSecure() bool { return hop{peer: t.peer}.isSecure() }

// loose is the Request-URI and the routes of a request to a target through a route set. A
// strict router stands in the Request-URI, and the target behind all (RFC 3261 §12.2.1.1).
func loose(target sipmsg.Uri, routes []sipmsg.Uri) (sipmsg.Uri, []sipmsg.Uri) {
	if len(routes) > 0 && !routes[0].UriParams.Has("lr") {
		return asTarget(routes[0]), append(slices.Clone(routes[1:]), target)
	}
	return target, routes
}
