package sip

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// regID numbers our one flow (RFC 5626 §4.2).
const regID = "1"

// instanceOf is the URN of a registration's instance (RFC 5626 §4.1), the same after each
// restart of this machine's user agent.
func instanceOf(a *Agent, t *Trunk) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(a.transports[UDP].local().advertised) + "\x00" + string(t.Transport) + "\x00" + t.Username + "\x00" + strings.Join(t.Targets, ",")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8 (RFC 9562 §5.8)
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// request builds the next REGISTER for the address that the attempt is at. expires of 0
// removes the binding.
func (r *registration) request(expires time.Duration) *sipmsg.Request {
	at := r.attempt
	own := r.contactURI(at.to)
	if expires == 0 && r.bound != "" {
		own, _ = parseURI(r.bound)
	}
	at.contact = own.String()
	contact, supportedTags := "<"+at.contact+">", append(slices.Clone(extensions), "path")
	if r.outbound() {
		contact += `;reg-id=` + regID + `;+sip.instance="` + r.instance + `"`
		supportedTags = append(supportedTags, string(ExtensionOutbound))
	}
	headers := []Header{{"Contact", contact + ";expires=" + seconds(expires)}}
	if r.bound != "" && r.bound != at.contact && expires > 0 { // the binding before is ours to remove
		headers = append(headers, Header{"Contact", "<" + r.bound + ">;expires=0"})
	}
	return r.build(append(headers, Header{"Expires", seconds(expires)}), supportedTags)
}

// build builds a REGISTER (RFC 3261 §10.2) with header fields of its own: the Request-URI has
// no user part, Call-ID stays, CSeq rises.
func (r *registration) build(own []Header, supportedTags []string) *sipmsg.Request {
	at, t := r.attempt, r.trunk
	r.cseq++
	host, port := t.host(at.route.target)
	uri := sipmsg.Uri{Scheme: schemeOf(at.to), Host: host, Port: port}
	record := sipmsg.Uri{Scheme: schemeOf(at.to), User: escapeUser(t.Username)}
	record.Host, _ = t.fromHost(at.route.target)
	uri, routes := loose(uri, t.preloaded(t.Target(at.route.hop), nil)) // a service route is for others than REGISTER
	req := r.agent.newRequest(sipmsg.REGISTER, uri, requestHead{
		via: r.agent.via(at.to, newBranch()), routes: routes, callID: r.callID, cseq: r.cseq,
		from: &sipmsg.FromHeader{Address: record, Params: tagged(r.agent.signer.callerTag(r.callID))},
		to:   &sipmsg.ToHeader{Address: record},
	})
	appendHeaders(req, append(own, Header{"Allow", allowed}, Header{"Supported", strings.Join(supportedTags, ", ")}))
	if r.settings.has(ExtensionGIN) {
		appendHeaders(req, []Header{{"Require", string(ExtensionGIN)}, {"Proxy-Require", string(ExtensionGIN)}})
	}
	if r.settings.has(ExtensionMediasec) {
		appendHeaders(req, append([]Header{{"Security-Client", "sdes-srtp;mediasec"}}, mediasecHeaders(r.securityServer)...))
	}
	r.digest.authorize(req, &at.auth)
	return req
}

// mediasecHeaders require mediasec of every hop, and verify what the registrar has offered,
// to the letter (RFC 3329 §2.3.1).
func mediasecHeaders(offered []string) []Header {
	headers := []Header{{"Require", string(ExtensionMediasec)}, {"Proxy-Require", string(ExtensionMediasec)}}
	for _, line := range offered {
		headers = append(headers, Header{"Security-Verify", line})
	}
	return headers
}

// outbound says whether the REGISTER names instance and flow.
func (r *registration) outbound() bool {
	return r.settings.has(ExtensionOutbound) && !r.noOutbound
}
