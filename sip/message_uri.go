package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// parseURI reads a URI so that it is written again as it came, byte for byte: quotes,
// escapes, empty parameters and the order of everything. sipgo writes a URI of an unknown
// scheme from its text, and one of scheme sip from its parts. So it parses the text under
// an unknown scheme; the scheme and the parts of a sip URI are set afterwards.
func parseURI(text string) (sipmsg.Uri, error) {
	scheme, rest, found := strings.Cut(text, ":")
	if !found || !isScheme(scheme) || rest == "" {
		return sipmsg.Uri{}, fmt.Errorf("%q is no URI", clipped(text))
	}
	if stop, _ := endOfText(rest, 0, '<', '>'); stop < len(rest) || strings.IndexByte(rest, ' ') >= 0 || strings.IndexByte(rest, '\t') >= 0 || hasControl(rest) {
		return sipmsg.Uri{}, fmt.Errorf("the URI %q has a blank or an angle bracket", clipped(text))
	}
	var u sipmsg.Uri
	if err := sipmsg.ParseUri("text:"+rest, &u); err != nil {
		return sipmsg.Uri{}, err
	}
	u.Scheme = scheme
	if strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips") {
		if err := splitURI(&u, rest); err != nil {
			return sipmsg.Uri{}, fmt.Errorf("the URI %q: %w", clipped(text), err)
		}
	}
	return u, nil
}

const digits = "0123456789"

// splitURI takes a SIP URI apart behind its scheme (RFC 3261 §19.1.1).
func splitURI(u *sipmsg.Uri, rest string) error {
	rest = strings.TrimPrefix(rest, "//")
	if at, err := endOfText(rest, 0, '@', '@'); err != nil {
		return err
	} else if at < len(rest) {
		u.User, u.Password, _ = strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
	}
	stop := strings.IndexAny(rest, ":;?")
	if strings.HasPrefix(rest, "[") {
		if stop = strings.IndexByte(rest, ']') + 1; stop == 0 {
			return errors.New("its IPv6 address has no closing bracket")
		}
	} else if stop < 0 {
		stop = len(rest)
	}
	u.Host, rest = rest[:stop], rest[stop:]
	if u.Host == "" || u.Host == "[]" {
		return errors.New("it has no host")
	}
	if strings.HasPrefix(rest, ":") {
		behind := strings.TrimLeft(rest[1:], digits)
		if behind != rest[1:] {
			port, err := strconv.ParseUint(rest[1:len(rest)-len(behind)], 10, 16)
			if err != nil {
				return errors.New("its port is not 0 to 65535")
			}
			u.Port = int(port)
		}
		rest = behind
	}
	query, err := endOfText(rest, 0, '?', '?')
	if err != nil {
		return err
	}
	if query < len(rest) {
		u.Headers = sipmsg.HeaderParams{{K: rest[query+1:]}}
	}
	ps, stop, err := parseParams(rest[:query], 0)
	if err != nil {
		return err
	}
	if stop < query {
		return errors.New("it goes on after its host and parameters")
	}
	u.UriParams = headerParams(ps)
	return nil
}

// asTarget is a URI as a Request-URI: without the header fields behind its question
// mark, which have no place there (RFC 3261 §19.1.1).
func asTarget(u sipmsg.Uri) sipmsg.Uri {
	if u.Headers.Length() == 0 {
		return u
	}
	text := u.String()
	bare, err := parseURI(strings.TrimSuffix(text, "?"+u.Headers[0].K))
	if err != nil {
		u.Headers = nil
		return u
	}
	return bare
}

// withoutPassword is the text of a URI without the password that may stand in it.
func withoutPassword(u sipmsg.Uri) string {
	if u.Password == "" {
		return u.String()
	}
	return strings.Replace(u.String(), u.User+":"+u.Password+"@", u.User+"@", 1)
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		letter := s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z'
		if !letter && (i == 0 || !isAlphanumeric(s[i]) && strings.IndexByte("+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}
