package sipwire

import (
	"fmt"
	"strconv"
	"strings"
)

// CSeq returns the number and the method of the CSeq header.
func (m *Message) CSeq() (uint32, string, error) {
	number, method, found := strings.Cut(m.Get("CSeq"), " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if !found || err != nil {
		return 0, "", fmt.Errorf("read CSeq %q: want NUMBER METHOD", m.Get("CSeq"))
	}
	return uint32(n), strings.TrimSpace(method), nil
}

// Branch returns the branch of the topmost Via.
func (m *Message) Branch() string { return Param(m.Get("Via"), "branch") }

// Tag returns the tag parameter of a From or To value, outside the <URI>.
func Tag(value string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	return Param(value, "tag")
}

// Param returns the value of a ;name=value parameter, or "".
func Param(value, name string) string {
	p, _ := ParamOK(value, name)
	return p
}

// ParamOK is Param, and tells an empty or valueless parameter from none.
func ParamOK(value, name string) (string, bool) {
	for _, part := range strings.Split(value, ";")[1:] {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// Address returns the URI of a name-addr or addr-spec (From, To, Contact …).
func Address(value string) string {
	if i := strings.IndexByte(value, '<'); i >= 0 {
		if j := strings.IndexByte(value[i:], '>'); j > 0 {
			return value[i+1 : i+j]
		}
		return ""
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// User returns the user part of a sip or sips URI without parameters, or "".
func User(uri string) string {
	_, rest, found := strings.Cut(uri, ":")
	if !found {
		return ""
	}
	user, _, found := strings.Cut(rest, "@")
	if !found {
		return ""
	}
	user, _, _ = strings.Cut(user, ";")
	return user
}

// Host returns host[:port] of a sip URI.
func Host(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	if _, after, found := strings.Cut(rest, "@"); found {
		rest = after
	}
	host, _, _ := strings.Cut(rest, ";")
	return host
}

// ViaSentBy returns the host:port that a Via line names as its sender.
func ViaSentBy(via string) string {
	_, rest, _ := strings.Cut(strings.TrimSpace(via), " ")
	sentBy, _, _ := strings.Cut(rest, ";")
	return strings.TrimSpace(sentBy)
}
