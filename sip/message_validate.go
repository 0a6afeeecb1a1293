package sip

import (
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// reply is how a request that cannot be served is to be answered. The zero
// verdict means that it can.
type reply struct {
	code    int
	reason  string
	headers []Header
}

const (
	allowed    = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO"
	accepted   = "application/sdp"
	maxHeaders = 200
	// maxForwards is the greatest Max-Forwards (RFC 3261 §20.22).
	maxForwards = 255
)

// checkRequest judges a request that sipgo has parsed. Its parser lets much pass
// that RFC 3261 wants refused; RFC 4475 gives the cases. ACK is judged too, but
// never answered.
func checkRequest(req *sipmsg.Request) reply {
	if req.SipVersion != sipVersion {
		return reply{code: 505, reason: "Version Not Supported"}
	}
	if why := malformed(req); why != "" {
		return reply{code: 400, reason: why}
	}
	switch strings.ToLower(req.Recipient.Scheme) {
	case "sip", "sips", "tel":
	default:
		return reply{code: 416, reason: "Unsupported URI Scheme"}
	}
	if req.Method == sipmsg.ACK || req.Method == sipmsg.CANCEL {
		return reply{} // they require nothing of their own (RFC 3261 §8.2.2.3)
	}
	if !slices.Contains(strings.Split(allowed, ", "), string(req.Method)) {
		return reply{405, "Method Not Allowed", []Header{{"Allow", allowed}}}
	}
	if v := checkExtensions(req); v.code != 0 {
		return v
	}
	return checkBody(req)
}

// malformed says what is wrong with the form of a message, "" if nothing is.
func malformed(req *sipmsg.Request) string {
	if len(req.Headers()) > maxHeaders {
		return "Too Many Header Fields"
	}
	from, to, cseq := req.From(), req.To(), req.CSeq()
	switch {
	case req.Via() == nil:
		return "Missing Via"
	case from == nil:
		return "Missing From"
	case to == nil:
		return "Missing To"
	case req.CallID() == nil:
		return "Missing Call-ID"
	case cseq == nil:
		return "Missing CSeq"
	case !strings.EqualFold(string(cseq.MethodName), string(req.Method)): // sipgo writes the method in capitals
		return "CSeq Does Not Match The Method"
	case tagOf(from.Params) == "" && !strings.HasPrefix(branchOf(req), sipmsg.RFC3261BranchMagicCookie):
		return "Neither A Branch Nor A From Tag" // nothing tells its copies from other requests
	case req.Recipient.Headers.Length() > 0:
		return "Header Fields In The Request-URI"
	case hasControl(req.Recipient.String()) || strings.ContainsAny(req.Recipient.String(), " <>\""):
		return "Malformed Request-URI"
	case !strings.EqualFold(req.Via().ProtocolName, "SIP") || req.Via().ProtocolVersion != "2.0" || hasEmptyParam(req.Via().Params):
		return "Malformed Via"
	}
	if m := req.MaxForwards(); m != nil && m.Val() > maxForwards {
		return "Max-Forwards Out Of Range"
	}
	return repeatedField(req)
}

// hasEmptyParam says whether semicolons follow one another. One at the end is not minded.
func hasEmptyParam(ps sipmsg.HeaderParams) bool {
	i := slices.IndexFunc(ps, func(p sipmsg.HeaderKV) bool { return p.K == "" })
	return i >= 0 && i < len(ps)-1
}

// singleFields are the header fields that stand once in a message, by both their names.
var singleFields = map[string]string{
	"from": "From", "f": "From", "to": "To", "t": "To", "call-id": "Call-ID", "i": "Call-ID",
	"cseq": "CSeq", "max-forwards": "Max-Forwards", "content-length": "Content-Length", "l": "Content-Length",
	"content-type": "Content-Type", "c": "Content-Type",
}

func repeatedField(m interface{ Headers() []sipmsg.Header }) string {
	var seen [8]string
	n := 0
	for _, h := range m.Headers() {
		name, single := singleFields[sipmsg.HeaderToLower(h.Name())]
		if !single {
			continue
		}
		if slices.Contains(seen[:n], name) {
			return name + " Stands More Than Once"
		}
		if n < len(seen) {
			seen[n] = name
			n++
		}
	}
	return ""
}

// checkBody refuses what no offer of a session may be: we carry SDP unread, but must
// not pass off something else as SDP. The bodies of other requests are nobody's to
// read, and that of INFO is for checkInfo to judge.
func checkBody(req *sipmsg.Request) reply {
	if len(req.Body()) == 0 || req.Method != sipmsg.INVITE && req.Method != sipmsg.UPDATE {
		return reply{}
	}
	c := contentOf(req, accepted)
	switch {
	case c.mediaType == "" && !c.optional:
		return unsupported(c, accepted)
	case req.Method == sipmsg.INVITE && !acceptsSDP(req):
		return reply{code: 406, reason: "Not Acceptable"}
	}
	return reply{}
}

// checkInfo judges the body of an INFO. One that belongs to an Info Package is
// refused as such (RFC 6086 §4.2.2), as we have said that we take none, unless its
// type is one that is read all the same.
func (a *Agent) checkInfo(req *sipmsg.Request) (content, reply) {
	types := a.cfg.InfoTypes
	if types == nil {
		mediaType, _ := mediaTypeOf(field(req, "content-type", "c"))
		types = []string{mediaType}
	}
	c := contentOf(req, types...)
	switch {
	case c.mediaType != "":
	case field(req, "info-package", "") != "":
		return c, reply{469, "Bad Info Package", []Header{{"Recv-Info", ""}}}
	case c.unsupported != "" && !c.optional:
		return c, unsupported(c, types...)
	}
	return c, reply{}
}

// unsupported refuses a body of no type, or in an encoding, that is read
// (RFC 3261 §21.4.13).
func unsupported(c content, types ...string) reply {
	if c.encoded {
		return reply{415, "Unsupported Media Type", []Header{{"Accept-Encoding", "identity"}}}
	}
	return reply{415, "Unsupported Media Type", []Header{{"Accept", strings.Join(types, ", ")}}}
}

// acceptsSDP says whether the sender of an INVITE can read our answer.
func acceptsSDP(req *sipmsg.Request) bool {
	types := options(req, "accept", "")
	return len(types) == 0 || slices.ContainsFunc(types, func(t string) bool {
		t, _, _ = strings.Cut(t, ";")
		return slices.Contains([]string{accepted, "application/*", "*/*"}, strings.TrimSpace(t))
	})
}

// checkResponse says why a response cannot be read, if it cannot: it must be complete, and
// have our Via alone (RFC 3261 §8.1.3.3, §18.1.2). raw is what it came as.
func (a *Agent) checkResponse(res *sipmsg.Response, raw []byte) fault {
	via := res.Via()
	switch {
	case res.SipVersion != sipVersion:
		return fault{reason: "its SIP version is not 2.0", detail: readable(res.SipVersion)}
	case res.StatusCode < 100 || res.StatusCode > 699:
		return fault{reason: "its status code is not 100 to 699", detail: strconv.Itoa(res.StatusCode)}
	case via == nil:
		return fault{reason: "it has no Via"}
	case res.From() == nil:
		return fault{reason: "it has no From"}
	case res.To() == nil:
		return fault{reason: "it has no To"}
	case res.CallID() == nil:
		return fault{reason: "it has no Call-ID"}
	case res.CSeq() == nil:
		return fault{reason: "it has no CSeq"}
	case !a.isOurVia(via):
		return fault{reason: "its Via is not ours, " + a.cfg.Advertise.String(), detail: readable(joinHostPort(via.Host, via.Port))}
	case !strings.HasPrefix(branchOf(res), sipmsg.RFC3261BranchMagicCookie):
		return fault{reason: "its Via has no branch of ours", detail: readable(branchOf(res))}
	case viasOf(raw) > 1:
		return fault{reason: "it has more than one Via"}
	}
	return fault{}
}

// isOurVia says whether a Via names our address, whose port may have been left out
// where it is the default.
func (a *Agent) isOurVia(v *sipmsg.ViaHeader) bool {
	if port := int(a.cfg.Advertise.Port()); v.Port != port && (v.Port != 0 || port != defaultPort) {
		return false
	}
	return v.Host == a.host || hostIsAddr(v.Host, a.cfg.Advertise.Addr())
}

// branchOf is the branch of the top Via.
func branchOf(m sipmsg.Message) string {
	if via := m.Via(); via != nil {
		return via.Params.GetOr("branch", "")
	}
	return ""
}

// tagOf is the tag of a From or To header field.
func tagOf(p sipmsg.HeaderParams) string { return p.GetOr("tag", "") }

// extensions are the option tags of the extensions that we support: RFC 3262 and
// RFC 4028. This one list is what Supported says, and what Require may name.
var extensions = []string{"100rel", "timer"}

// supported is the Supported header field of our requests and answers.
var supported = strings.Join(extensions, ", ")

// checkExtensions refuses a request that requires an extension which we do not
// support; Unsupported names each as the request did (RFC 3261 §8.2.2.3).
func checkExtensions(req *sipmsg.Request) reply {
	var unknown []string
	for _, tag := range tokens(req, "require", "") {
		if !slices.Contains(extensions, strings.ToLower(tag)) {
			unknown = append(unknown, tag)
		}
	}
	if len(unknown) == 0 {
		return reply{}
	}
	return reply{420, "Bad Extension", []Header{{"Unsupported", strings.Join(unknown, ", ")}}}
}

// requires says whether a message requires an extension.
func requires(m sipmsg.Message, tag string) bool {
	return slices.Contains(options(m, "require", ""), tag)
}
