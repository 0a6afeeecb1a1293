package sip

import (
	"errors"
	"fmt"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// address is a name-addr or an addr-spec with what stands behind it (RFC 3261
// §25.1): the value of From and To, one of those of Contact and Record-Route.
type address struct {
	display string // as between quotes: its escapes stay
	uri     string // to the letter
	params  []param
}

// parseAddress reads the first address of a list, and returns where it ends: at
// the comma behind it, or at the end of s.
func parseAddress(s string) (a address, end int, err error) {
	at := skipBlanks(s, 0)
	if at < len(s) && s[at] == '"' {
		stop, ok := endOfQuote(s, at)
		if !ok {
			return address{}, 0, errQuote
		}
		a.display, at = s[at+1:stop-1], skipBlanks(s, stop)
		if at >= len(s) || s[at] != '<' {
			return address{}, 0, errors.New("no URI in angle brackets stands behind the display name")
		}
	} else {
		stop := at
		for stop < len(s) && strings.IndexByte("<;,", s[stop]) < 0 {
			stop++
		}
		before := strings.TrimRight(s[at:stop], blanks)
		if at = stop; stop < len(s) && s[stop] == '<' {
			a.display = quoter.Replace(before)
		} else {
			a.uri = before
		}
	}
	if at < len(s) && s[at] == '<' {
		stop, ok := closingBracket(s, at)
		if !ok {
			return address{}, 0, errors.New("an angle bracket is not closed")
		}
		a.uri, at = s[at+1:stop], stop+1
	}
	if a.uri == "" {
		return address{}, 0, errors.New("there is no URI")
	}
	if a.params, end, err = parseParams(s, at); err != nil {
		return address{}, 0, err
	}
	if end < len(s) && s[end] != ',' {
		return address{}, 0, errors.New("the address goes on after its URI and parameters")
	}
	return a, end, nil
}

// closingBracket is where the bracket that is opened at s[at] is closed. Far ends
// write quoted strings with brackets in them inside; one that does not end is none.
func closingBracket(s string, at int) (int, bool) {
	if stop, err := endOfText(s, at+1, '>', '>'); err == nil && stop < len(s) {
		return stop, true
	}
	stop := strings.IndexByte(s[at:], '>')
	return at + stop, stop >= 0
}

// addresses are the values of a list of addresses, up to the first that cannot be
// read.
func addresses(s string) (list []address, err error) {
	for {
		a, end, err := parseAddress(s)
		if err != nil {
			return list, err
		}
		list = append(list, a)
		if end >= len(s) {
			return list, nil
		}
		s = s[end+1:]
	}
}

// parseSingleAddress reads the value of From or To.
func parseSingleAddress(name, value string) (a address, uri sipmsg.Uri, err error) {
	end := 0
	if strings.ContainsAny(value, "\r\n") {
		err = errors.New("it has a line break")
	} else if a, end, err = parseAddress(value); err == nil && end < len(value) {
		err = errors.New("there is more than one address")
	}
	if err == nil {
		uri, err = parseURI(a.uri)
	}
	if err != nil {
		return address{}, uri, fmt.Errorf("%s: %w", name, err)
	}
	return a, uri, nil
}

func parseFromField(_ []byte, value string) (sipmsg.Header, error) {
	a, uri, err := parseSingleAddress("From", value)
	return &sipmsg.FromHeader{DisplayName: a.display, Address: uri, Params: headerParams(a.params)}, err
}

func parseToField(_ []byte, value string) (sipmsg.Header, error) {
	a, uri, err := parseSingleAddress("To", value)
	return &sipmsg.ToHeader{DisplayName: a.display, Address: uri, Params: headerParams(a.params)}, err
}

// parsedAddress is an address that requests may be sent to: a Contact or a Record-Route.
type parsedAddress struct {
	uri    sipmsg.Uri
	params []param
}

// addressesOf are the addresses of the header fields of that name in their order, but for
// "*" and what cannot be read.
func addressesOf(m sipmsg.Message, name string) (found []parsedAddress) {
	for _, h := range m.GetHeaders(name) {
		list, _ := addresses(h.Value())
		for _, a := range list {
			// A blank has no place in the Request-URI that it becomes.
			text := strings.ReplaceAll(strings.TrimSpace(a.uri), " ", "%20")
			if uri, err := parseURI(text); err == nil {
				found = append(found, parsedAddress{uri, a.params})
			}
		}
	}
	return found
}
