package sip

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/multipart"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// content is the body of a message that is of one of the media types looked for.
type content struct {
	mediaType string // empty: none was found
	body      []byte
	// unsupported is the body in its place, in the words of its header fields; empty: the
	// message has no body, or it was found.
	unsupported string
	encoded     bool // it has a Content-Encoding, of which none is undone
	optional    bool // its sender allows that it is not read (RFC 3261 §20.11)
}

const (
	maxParts = 32 // of one multipart body that are looked at
	maxDepth = 4  // how deep one may stand inside another
)

// contentOf finds content of one of those types in a message: its body, or a part of a
// multipart one (RFC 2046 §5.1, RFC 5621). A body without a Content-Type is SDP.
func contentOf(m sipmsg.Message, types ...string) content {
	if len(m.Body()) == 0 {
		return content{}
	}
	p := part{
		contentType: field(m, "content-type"), encoding: field(m, "content-encoding"),
		disposition: field(m, "content-disposition"), body: m.Body(),
	}
	if p.contentType == "" && slices.Contains(types, accepted) {
		p.contentType = accepted
	}
	return p.find(types, maxDepth)
}

type part struct {
	contentType, encoding, disposition, transfer, id string
	body                                             []byte
}

// find looks for one of the types in the part and, if it is a multipart, in its own.
func (p part) find(types []string, depth int) content {
	mediaType, params := mediaTypeOf(p.contentType)
	disposition, handling := mediaTypeOf(p.disposition)
	c := content{unsupported: "Content-Type " + clipped(p.contentType), optional: strings.EqualFold(paramOf(handling, "handling"), "optional")}
	switch {
	case p.contentType == "":
		c.unsupported = "a body without Content-Type"
	case p.encoding != "" && !strings.EqualFold(p.encoding, "identity"):
		c.unsupported += ", Content-Encoding " + clipped(p.encoding)
		c.encoded = true
	case strings.HasPrefix(mediaType, "multipart/"):
		return p.findInside(c, mediaType, params, types, depth)
	case disposition == earlySession:
		c.unsupported += ", Content-Disposition " + earlySession
	case slices.Contains(types, mediaType):
		body, err := p.decoded()
		if err != nil {
			c.unsupported += ", Content-Transfer-Encoding " + clipped(p.transfer)
			break
		}
		return content{mediaType: mediaType, body: body}
	}
	return c
}

// earlySession is the disposition of an offer of early media beside the session that
// is being agreed on (RFC 3959). We make none.
const earlySession = "early-session"

// findInside looks through the parts of a multipart: the first that has what is
// looked for, of alternatives the last (RFC 2046 §5.1.4), of related ones the root
// before the others (RFC 2387 §3.2).
func (p part) findInside(c content, mediaType string, params []param, types []string, depth int) content {
	boundary := unquote(paramOf(params, "boundary"))
	if boundary == "" {
		c.unsupported += ", without a boundary"
		return c
	}
	c.unsupported = "Content-Type " + mediaType
	if depth == 0 {
		c.unsupported += ", too deep inside others"
		return c
	}
	parts := p.parts(boundary)
	switch mediaType {
	case "multipart/alternative":
		slices.Reverse(parts)
	case "multipart/related":
		if root := unquote(paramOf(params, "start")); root != "" {
			if i := slices.IndexFunc(parts, func(p part) bool { return p.id == root }); i > 0 {
				first := parts[i]
				parts = slices.Insert(slices.Delete(parts, i, i+1), 0, first)
			}
		}
	}
	var inside []string
	optional := len(parts) > 0
	for _, p := range parts {
		found := p.find(types, depth-1)
		if found.mediaType != "" {
			return found
		}
		inside = append(inside, strings.TrimPrefix(found.unsupported, "Content-Type "))
		optional = optional && found.optional
		c.encoded = c.encoded || found.encoded
	}
	c.optional = c.optional || optional
	if len(inside) == 0 {
		c.unsupported += ", in which no part can be read"
	} else {
		c.unsupported = clipped(c.unsupported + " with " + strings.Join(inside, " and "))
	}
	return c
}

// parts are those of a multipart body, up to where it cannot be read. One whose last
// boundary is missing is complete: Content-Length bounds it.
func (p part) parts(boundary string) (found []part) {
	r := multipart.NewReader(bytes.NewReader(p.body), boundary)
	for len(found) < maxParts {
		next, err := r.NextPart()
		if err != nil {
			return found
		}
		body, err := io.ReadAll(next)
		if err != nil && err != io.ErrUnexpectedEOF {
			return found
		}
		h := next.Header
		one := part{contentType: h.Get("Content-Type"), encoding: h.Get("Content-Encoding"), id: h.Get("Content-ID"),
			disposition: h.Get("Content-Disposition"), transfer: h.Get("Content-Transfer-Encoding"), body: body}
		if one.contentType == "" {
			one.contentType = "text/plain" // RFC 2045 §5.2
		}
		found = append(found, one)
	}
	return found
}

// decoded undoes the transfer encoding of a part, but for quoted-printable, which
// multipart.Reader undoes.
func (p part) decoded() ([]byte, error) {
	if strings.EqualFold(p.transfer, "base64") {
		return io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(p.body)))
	}
	return p.body, nil
}

// mediaTypeOf parts a media type, which it gives in lower case, from its parameters;
// those of one that makes no sense are left out.
func mediaTypeOf(value string) (string, []param) {
	mediaType, rest, _ := strings.Cut(value, ";")
	params, _, _ := parseParams(";"+rest, 0)
	return strings.ToLower(strings.TrimSpace(mediaType)), params
}
