package sip

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unique"

	sipmsg "github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 §12. It is owned by whoever does its session's jobs.
type dialog struct {
	callID              string
	local, remote       party
	localTag, remoteTag string
	localSeq            uint32
	remoteSeq           int64        // -1: none has come
	target              sipmsg.Uri   // the remote target, which a target refresh changes
	routes              []sipmsg.Uri // the route set, frozen when the dialog is confirmed
	source              hop          // of its last message; its transport is that of the dialog
	peer                unique.Handle[tlsPeer]
	allowsUpdate        bool   // the other side knows UPDATE
	trunk               *Trunk // of a call that we placed
}

// party is one side of a dialog as From and To show it.
type party struct {
	display string
	uri     sipmsg.Uri
}

// dialogFromResponse makes the dialog that a response to our INVITE opens (§12.1.2).
func dialogFromResponse(res *response) *dialog {
	from, to := res.From(), res.To()
	d := newDialog(&res.message, res.fromTag, res.toTag, party{from.DisplayName, from.Address}, party{to.DisplayName, to.Address})
	d.localSeq, d.remoteSeq = res.cseq, -1
	slices.Reverse(d.routes)
	return d
}

// confirm makes an early dialog what the 2xx to its INVITE opens, with the route set
// of that (§13.2.2.4). It stays the same dialog: its CSeq numbers go on, and so do
// requests in it that are under way. What the 2xx does not say stays too.
func (d *dialog) confirm(res *response) {
	by := dialogFromResponse(res)
	by.localSeq, by.remoteSeq, by.trunk = max(by.localSeq, d.localSeq), d.remoteSeq, d.trunk
	if len(addressesOf(res, "contact")) == 0 {
		by.target = d.target
	}
	if len(res.GetHeaders("allow")) == 0 {
		by.allowsUpdate = d.allowsUpdate
	}
	by.peer = cmp.Or(by.peer, d.peer)
	*d = *by
}

// dialogFromInvite makes the dialog of an INVITE that we received (§12.1.1).
func dialogFromInvite(req *request, localTag string) *dialog {
	from, to := req.From(), req.To()
	d := newDialog(&req.message, localTag, req.fromTag, party{to.DisplayName, to.Address}, party{from.DisplayName, from.Address})
	d.remoteSeq = int64(req.cseq)
	return d
}

func newDialog(m *message, localTag, remoteTag string, local, remote party) *dialog {
	d := &dialog{callID: m.callID, localTag: localTag, remoteTag: remoteTag, local: local, remote: remote,
		source: m.source, peer: m.source.peer, target: remote.uri, allowsUpdate: slices.Contains(options(m, "allow"), "update")}
	for _, r := range addressesOf(m, "record-route") {
		d.routes = append(d.routes, r.uri)
	}
	d.refresh(m)
	return d
}

// refresh takes a new remote target from a message that may set one: INVITE,
// UPDATE, and their 2xx (§12.2.1.2, §12.2.2): the first Contact. The route set stays.
func (d *dialog) refresh(m sipmsg.Message) {
	if c := addressesOf(m, "contact"); len(c) > 0 && c[0].uri.Host != "" {
		d.target = asTarget(c[0].uri)
	}
}

// inOrder takes the CSeq number of a request of theirs, and says whether it is above
// that of the one before (§12.2.2).
func (d *dialog) inOrder(req *request) bool {
	above := int64(req.cseq) > d.remoteSeq
	d.remoteSeq = max(d.remoteSeq, int64(req.cseq))
	return above
}

func (d *dialog) next() uint32 {
	d.localSeq++
	return d.localSeq
}

// request builds a request inside the dialog (§12.2.1.1).
func (d *dialog) request(a *Agent, method sipmsg.RequestMethod, seq uint32) *sipmsg.Request {
	to := a.hopOf(d)
	target, routes := loose(d.target, d.routes)
	req := a.newRequest(method, target, requestHead{
		via: a.via(to, newBranch()), routes: routes, callID: d.callID, cseq: seq,
		from: &sipmsg.FromHeader{DisplayName: d.local.display, Address: d.local.uri, Params: tagged(d.localTag)},
		to:   &sipmsg.ToHeader{DisplayName: d.remote.display, Address: d.remote.uri, Params: tagged(d.remoteTag)},
	})
	if method == sipmsg.INVITE || method == sipmsg.UPDATE {
		appendHeaders(req, a.targetHeaders(to, d.local.uri.User, d.trunk))
	}
	return req
}

// hopOf is where a request of the dialog goes: to the first route, or the target. A name
// whose address is not known yet, or an address that cannot be reached, gives way to the
// source of the last message: a request inside a dialog does not wait for DNS.
func (a *Agent) hopOf(d *dialog) hop {
	if host, port := d.nextHop(); host != "" {
		ap, ok := a.resolver.cached(Target{Transport: d.source.transport.protocol(), Address: joinHostPort(host, port, d.source.transport)})
		if ok && (len(d.routes) > 0 || !behindNAT(ap.Addr(), d.source.addr)) {
			return hop{transport: d.source.transport, addr: ap, peer: d.peer}
		}
	}
	return d.source
}

func joinHostPort(host string, port int, t transport) string {
	if port == 0 {
		if _, err := netip.ParseAddr(trimBrackets(host)); err != nil {
			return host
		}
		port = int(t.protocol().port())
	}
	return net.JoinHostPort(trimBrackets(host), strconv.Itoa(port))
}

// nextHop is the host and port that a request of the dialog goes to, 0 if none is named.
func (d *dialog) nextHop() (host string, port int) {
	hop := d.target
	if len(d.routes) > 0 {
		hop = d.routes[0]
	}
	host, port = hop.Host, hop.Port
	if maddr := hop.UriParams.GetOr("maddr", ""); maddr != "" {
		host = maddr
	}
	return trimBrackets(host), port
}

// behindNAT says whether host is an address that cannot be reached from here
// although messages from it arrive: a private one in a message that came from a
// public source, or no address at all. Then requests go to the source.
func behindNAT(host netip.Addr, source netip.AddrPort) bool {
	if !source.IsValid() {
		return false
	}
	if host.IsUnspecified() {
		return true
	}
	local := func(a netip.Addr) bool { return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() }
	return local(host) && !local(source.Addr())
}

// tagged makes header parameters of a tag; an empty tag, of an implementation
// older than RFC 3261, is left out (§12.1.1).
func tagged(tag string) sipmsg.HeaderParams {
	if tag == "" {
		return nil
	}
	return sipmsg.HeaderParams{{K: "tag", V: tag}}
}

// via is the Via of our own requests, with rport (RFC 3581).
func (a *Agent) via(to hop, branch string) *sipmsg.ViaHeader {
	local := to.transport.local()
	at := local.toward(to.addr.Addr())
	v := &sipmsg.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: strings.ToUpper(string(to.transport.protocol())),
		Host: uriHost(at.Addr()), Port: int(at.Port()),
		Params: sipmsg.HeaderParams{{K: "branch", V: branch}, {K: "rport"}}}
	if local.unheard { // requests of the far end have this connection alone (RFC 5923 §4)
		v.Params = append(v.Params, sipmsg.HeaderKV{K: "alias"})
	}
	return v
}

// uriHost is an address as the host of a URI or a Via, whose brackets sipgo writes around
// IPv6 (RFC 3261 §25.1): a zone means something on this machine alone.
func uriHost(a netip.Addr) string { return a.Unmap().WithZone("").String() }

// targetHeaders say where we are reached inside a dialog by whoever is there, and what we
// take and support. The address is that of the trunk's registration, if it has another.
func (a *Agent) targetHeaders(to hop, user string, trunk *Trunk) []Header {
	at := a.contactAt(to, trunk)
	uri := sipmsg.Uri{Scheme: "sip", User: user, Host: uriHost(at.addr.Addr()), Port: int(at.addr.Port())}
	if to.isSecure() {
		uri.Scheme = "sips" // whose transport is TLS anyway (RFC 5630 §3.1)
	} else if at.transport != UDP { // which a URI means that names none (RFC 3261 §19.1.2)
		uri.UriParams = sipmsg.HeaderParams{{K: "transport", V: string(at.transport)}}
	}
	contact := sipmsg.ContactHeader{Address: uri}
	return []Header{{"Contact", contact.Value()}, {"Allow", allowed}, {"Supported", supported}}
}
