package sip

import (
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

const (
	allowed    = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO"
	accepted   = "application/sdp"
	maxHeaders = 200
	// maxForwards is the greatest Max-Forwards (RFC 3261 §20.22).
	maxForwards = 255
)

// checkRequest checks a request that sipgo has parsed, and returns the reply that
// refuses it. sipgo's parser accepts much that RFC 3261 wants refused; RFC 4475 has the
// cases.
func checkRequest(req *request) reply {
	if req.parsed.SipVersion != sipVersion {
		return reply{code: 505, reason: "Version Not Supported"}
	}
	if why := malformed(req); why != "" {
		return reply{code: 400, reason: why}
	}
	switch strings.ToLower(req.parsed.Recipient.Scheme) {
	case "sip", "sips", "tel":
	default:
		return reply{code: 416, reason: "Unsupported URI Scheme"}
	}
	if req.method == sipmsg.ACK || req.method == sipmsg.CANCEL {
		return reply{} // they require nothing of their own (RFC 3261 §8.2.2.3)
	}
	if !slices.Contains(strings.Split(allowed, ", "), string(req.method)) {
		return reply{code: 405, reason: "Method Not Allowed", headers: []Header{{"Allow", allowed}}}
	}
	if res := checkExtensions(req); res.code != 0 {
		return res
	}
	return checkBody(req)
}

// malformed says what is wrong with the form of a request, "" if nothing is.
func malformed(req *request) string {
	if len(req.parsed.Headers()) > maxHeaders {
		return "Too Many Header Fields"
	}
	if name := missingField(req); name != "" {
		return "Missing " + name
	}
	via, uri := req.Via(), req.parsed.Recipient.String()
	switch {
	case !strings.EqualFold(string(req.CSeq().MethodName), string(req.method)): // sipgo writes the method in capitals
		return "CSeq Does Not Match The Method"
	case req.fromTag == "" && !strings.HasPrefix(req.branch, sipmsg.RFC3261BranchMagicCookie):
		return "Neither A Branch Nor A From Tag" // its copies could not be recognised
	case req.parsed.Recipient.Headers.Length() > 0:
		return "Header Fields In The Request-URI"
	case hasControl(uri) || strings.ContainsAny(uri, " <>\""):
		return "Malformed Request-URI"
	case !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" || hasEmptyParam(via.Params):
		return "Malformed Via"
	}
	if m := req.parsed.MaxForwards(); m != nil && m.Val() > maxForwards {
		return "Max-Forwards Out Of Range"
	}
	return repeatedField(req.parsed)
}

// hasEmptyParam says whether semicolons follow one another. One at the end is not minded.
func hasEmptyParam(ps sipmsg.HeaderParams) bool {
	i := slices.IndexFunc(ps, func(p sipmsg.HeaderKV) bool { return p.K == "" })
	return i >= 0 && i < len(ps)-1
}

// singleFields are the header fields that stand once in a message.
var singleFields = map[string]string{
	"from": "From", "to": "To", "call-id": "Call-ID", "cseq": "CSeq", "max-forwards": "Max-Forwards",
	"content-length": "Content-Length", "content-type": "Content-Type",
}

func repeatedField(m interface{ Headers() []sipmsg.Header }) string {
	seen := make([]string, 0, 8)
	for _, h := range m.Headers() {
		name, single := singleFields[sipmsg.HeaderToLower(h.Name())]
		if !single {
			continue
		}
		if slices.Contains(seen, name) {
			return name + " Stands More Than Once"
		}
		seen = append(seen, name)
	}
	return ""
}

// checkBody refuses an INVITE or UPDATE whose body is no SDP: the owner of the session
// gets bodies as SDP, unread.
func checkBody(req *request) reply {
	if len(req.Body()) == 0 || req.method != sipmsg.INVITE && req.method != sipmsg.UPDATE {
		return reply{}
	}
	switch c := req.content; {
	case c.mediaType == "" && !c.optional:
		return unsupported(c, accepted)
	case req.method == sipmsg.INVITE && !acceptsSDP(req):
		return reply{code: 406, reason: "Not Acceptable"}
	}
	return reply{}
}

// checkInfo reads the body of an INFO. An Info Package is refused as such (RFC 6086
// §4.2.2), as none is announced, unless its type is one of Config.InfoTypes.
func (a *Agent) checkInfo(req *request) (content, reply) {
	types := a.cfg.InfoTypes
	if types == nil {
		mediaType, _ := mediaTypeOf(field(req, "content-type"))
		types = []string{mediaType}
	}
	c := contentOf(req, types...)
	switch {
	case c.mediaType != "":
	case field(req, "info-package") != "":
		return c, reply{code: 469, reason: "Bad Info Package", headers: []Header{{"Recv-Info", ""}}}
	case c.unsupported != "" && !c.optional:
		return c, unsupported(c, types...)
	}
	return c, reply{}
}

// unsupported refuses a body of another type, or in an encoding (RFC 3261 §21.4.13).
func unsupported(c content, types ...string) reply {
	h := Header{"Accept", strings.Join(types, ", ")}
	if c.encoded {
		h = Header{"Accept-Encoding", "identity"}
	}
	return reply{code: 415, reason: "Unsupported Media Type", headers: []Header{h}}
}

// acceptsSDP says whether the sender of an INVITE can read our answer.
func acceptsSDP(req *request) bool {
	types := options(req, "accept")
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool {
		t, _, _ = strings.Cut(t, ";")
		return slices.Contains([]string{accepted, "application/*", "*/*"}, strings.TrimSpace(t))
	})
}

// checkResponse says why a response cannot be read, if it cannot: it must be complete, and
// have our Via alone (RFC 3261 §8.1.3.3, §18.1.2). raw is what it came as.
func checkResponse(res *sipmsg.Response, raw []byte, from hop) fault {
	via, missing := res.Via(), missingField(res)
	switch {
	case res.SipVersion != sipVersion:
		return fault{reason: "its SIP version is not 2.0", detail: clipped(res.SipVersion)}
	case res.StatusCode < 100 || res.StatusCode > 699:
		return fault{reason: "its status code is not 100 to 699", detail: strconv.Itoa(res.StatusCode)}
	case missing != "":
		return fault{reason: "it has no " + missing}
	case !isOurVia(via, from):
		return fault{reason: "its Via is not ours, " + from.transport.local().toward(from.addr.Addr()).String(), detail: clipped(joinHostPort(via.Host, via.Port, from.transport))}
	case !strings.HasPrefix(branchOf(res), sipmsg.RFC3261BranchMagicCookie):
		return fault{reason: "its Via has no branch of ours", detail: clipped(branchOf(res))}
	case viasOf(raw) > 1:
		return fault{reason: "it has more than one Via"}
	}
	return fault{}
}

// isOurVia says whether a Via names our address towards that of a message, whose port may
// have been left out where it is the default.
func isOurVia(v *sipmsg.ViaHeader, from hop) bool {
	at := from.transport.local().toward(from.addr.Addr())
	if port := at.Port(); v.Port != int(port) && (v.Port != 0 || port != from.transport.protocol().port()) {
		return false
	}
	return hostIsAddr(trimBrackets(v.Host), at.Addr())
}

// extensions are the option tags of the supported extensions, RFC 3262 and RFC 4028: the
// list of Supported, and of what Require may name.
var extensions = []string{"100rel", "timer"}

var supported = strings.Join(extensions, ", ")

// checkExtensions refuses a request that requires another extension; Unsupported names
// each as the request did (RFC 3261 §8.2.2.3).
func checkExtensions(req *request) reply {
	unknown := slices.DeleteFunc(tokens(req, "require"), func(tag string) bool {
		return slices.Contains(extensions, strings.ToLower(tag))
	})
	if len(unknown) == 0 {
		return reply{}
	}
	return reply{code: 420, reason: "Bad Extension", headers: []Header{{"Unsupported", strings.Join(unknown, ", ")}}}
}

func requires(m sipmsg.Message, tag string) bool {
	return slices.Contains(options(m, "require"), tag)
}
