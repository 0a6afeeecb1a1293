package api

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// schemeOf is the scheme of a request.
func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// bases are the URLs that the API was reached at by a request, without a slash at
// the end: the one of the configuration first, then the address of the server's own
// end of the connection, which on loopback is also called localhost. The Host
// header field adds nothing, because the client writes it.
func (a *api) bases(r *http.Request) []string {
	var all []string
	if a.config.URL != "" {
		all = append(all, a.config.URL)
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return all
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return all
	}
	at = netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
	scheme := schemeOf(r)
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	all = append(all, scheme+"://"+strings.TrimSuffix(at.String(), port))
	if at.Addr().IsLoopback() {
		named := net.JoinHostPort("localhost", strconv.Itoa(int(at.Port())))
		all = append(all, scheme+"://"+strings.TrimSuffix(named, port))
	}
	return all
}

// base is the URL of the API in responses: that of the configuration or, without one,
// the one of bases that the client used.
func (a *api) base(r *http.Request) string {
	all := a.bases(r)
	if len(all) == 0 {
		return DefaultURL
	}
	if a.config.URL == "" {
		for _, b := range all {
			if strings.EqualFold(b, schemeOf(r)+"://"+r.Host) {
				return b
			}
		}
	}
	return all[0]
}

// audiences are what an assertion may name where a request came to (RFC 7523 §3):
// the issuer, and the token URL.
func (a *api) audiences(r *http.Request) []string {
	var all []string
	for _, b := range a.bases(r) {
		all = append(all, b, b+tokenPath)
	}
	return all
}
