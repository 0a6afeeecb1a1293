package sip

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	sipmsg "github.com/emiago/sipgo/sip"
)

// ownFields are written by this package alone: others could break dialogs or framing.
var ownFields = map[string]bool{
	"via": true, "v": true, "from": true, "f": true, "to": true, "t": true, "call-id": true, "i": true,
	"cseq": true, "contact": true, "m": true, "route": true, "record-route": true, "max-forwards": true,
	"content-length": true, "l": true, "content-type": true, "c": true, "authorization": true,
	"proxy-authorization": true, "require": true, "supported": true, "k": true, "allow": true,
	"session-expires": true, "x": true, "min-se": true, "rack": true, "rseq": true,
}

// CheckHeaders returns an error if a header field would break a message apart: by its name,
// by a control character, or because this package writes it itself.
func CheckHeaders(hs []Header) error {
	for _, h := range hs {
		if !isToken(h.Name) {
			return fmt.Errorf("header field %q: a name has only letters, digits and -.!%%*_+`'~", h.Name)
		}
		if ownFields[strings.ToLower(h.Name)] {
			return fmt.Errorf("header field %s: it is written by the user agent itself", h.Name)
		}
		if hasControl(h.Value) {
			return fmt.Errorf("header field %s: its value has a line break or another control character", h.Name)
		}
	}
	return nil
}

// appendHeaders adds header fields, those of others once they have passed CheckHeaders.
func appendHeaders(m sipmsg.Message, hs []Header) {
	for _, h := range hs {
		m.AppendHeader(sipmsg.NewHeader(h.Name, h.Value))
	}
}

// hasControl says whether s must not stand in a header field: CR, LF and NUL would
// let it write fields of its own, and no other control character belongs there.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// isToken says whether s is a token of RFC 3261 §25.1.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return !isTokenChar(c) })
}

func isTokenChar(c rune) bool {
	return c < utf8.RuneSelf && (isAlphanumeric(byte(c)) || strings.ContainsRune("-.!%*_+`'~", c))
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// escapeUser writes s as the user part of a URI (RFC 3261 §25.1).
func escapeUser(s string) string {
	const unreserved = "-_.!~*'()+" // the grammar has more, which parsers take for ends of the user part
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; isAlphanumeric(c) || strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unescapeUser undoes escapeUser; what is no escape stays as it is.
func unescapeUser(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// field is the value of the first header field of that name, in lower case.
func field(m sipmsg.Message, name string) string {
	if hs := m.GetHeaders(name); len(hs) > 0 {
		return hs[0].Value()
	}
	return ""
}

// options is the list of option tags in all header fields of that name, in lower case.
func options(m sipmsg.Message, name string) []string {
	tags := tokens(m, name)
	for i, tag := range tags {
		tags[i] = strings.ToLower(tag)
	}
	return tags
}

// tokens is the list of items in all header fields of that name, as they were written.
func tokens(m sipmsg.Message, name string) (items []string) {
	for _, h := range m.GetHeaders(name) {
		for item := range strings.SplitSeq(h.Value(), ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	}
	return items
}

// requestHead is what every request of ours has (RFC 3261 §8.1.1).
type requestHead struct {
	via    *sipmsg.ViaHeader
	routes []sipmsg.Uri
	from   *sipmsg.FromHeader
	to     *sipmsg.ToHeader
	callID string
	cseq   uint32
}

// newRequest builds a request without a body.
func (a *Agent) newRequest(method sipmsg.RequestMethod, uri sipmsg.Uri, h requestHead) *sipmsg.Request {
	req := sipmsg.NewRequest(method, uri)
	req.AppendHeader(h.via)
	for _, r := range h.routes {
		req.AppendHeader(&sipmsg.RouteHeader{Address: r})
	}
	forwards := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(h.from)
	req.AppendHeader(h.to)
	callID := sipmsg.CallIDHeader(h.callID)
	req.AppendHeader(&callID)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: h.cseq, MethodName: method})
	if a.cfg.UserAgent != "" {
		req.AppendHeader(sipmsg.NewHeader("User-Agent", a.cfg.UserAgent))
	}
	req.SetBody(nil)
	return req
}

// setBody gives a request a body; nil: none.
func setBody(req *sipmsg.Request, mediaType string, body []byte) {
	if body != nil {
		contentType := sipmsg.ContentTypeHeader(mediaType)
		req.AppendHeader(&contentType)
	}
	req.SetBody(body)
}

// linesOf are the values of the header fields of that name, in lower case, as they came.
func linesOf(m sipmsg.Message, name string) (lines []string) {
	for _, h := range m.GetHeaders(name) {
		lines = append(lines, h.Value())
	}
	return lines
}
