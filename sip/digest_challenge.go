package sip

import (
	"slices"
	"strings"
)

// challenge is what a server asks a login to be made of (RFC 7616 §3.3).
type challenge struct {
	realm, nonce, opaque string
	algorithm            string // as it was written; empty means MD5
	qops                 []string
	stale                bool
}

// algorithms are those we know, weakest first; each also as "-sess".
var algorithms = []string{"MD5", "SHA-256", "SHA-512-256"}

// strength orders challenges; -1 is one that we cannot answer.
func (c challenge) strength() int {
	if c.nonce == "" || len(c.qops) > 0 && c.qop() == "" {
		return -1
	}
	return slices.Index(algorithms, c.hash())
}

// hash is the algorithm without its -sess.
func (c challenge) hash() string {
	a := strings.ToUpper(c.algorithm)
	if a == "" {
		return "MD5"
	}
	return strings.TrimSuffix(a, "-SESS")
}

func (c challenge) session() bool { return strings.HasSuffix(strings.ToUpper(c.algorithm), "-SESS") }

// qop is the quality of protection that we choose: auth, because gateways change
// bodies on their way; auth-int where nothing else is offered; "" for servers
// that know none.
func (c challenge) qop() string {
	for _, q := range []string{"auth", "auth-int"} {
		if slices.Contains(c.qops, q) {
			return q
		}
	}
	return ""
}

// parseChallenges reads the value of a WWW-Authenticate or Proxy-Authenticate
// header field, which may hold several challenges. Schemes other than Digest are
// left out.
func parseChallenges(value string) []challenge {
	var found []challenge
	digest := false
	scanChallenges(value, func(scheme string) {
		if digest = strings.EqualFold(scheme, "Digest"); digest {
			found = append(found, challenge{})
		}
	}, func(name, v string) {
		if digest {
			found[len(found)-1].set(name, v)
		}
	})
	return found
}

// scanChallenges tells where a challenge begins, and each parameter of it, its name
// in lower case and its value without quotes.
func scanChallenges(value string, begins func(scheme string), parameter func(name, v string)) {
	begun := false
	for _, item := range splitList(value, ',') {
		item = strings.TrimSpace(item)
		name, v, valued := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		// "Digest realm" begins a challenge, "realm" goes on with one.
		if scheme, first, two := cutSpace(name); two || item != "" && !valued {
			begins(scheme)
			begun, name = true, first
		}
		if begun && name != "" {
			parameter(strings.ToLower(name), unquote(strings.TrimSpace(v)))
		}
	}
}

func cutSpace(s string) (before, after string, found bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimSpace(s[i:]), true
}

func (c *challenge) set(name, value string) {
	switch name {
	case "realm":
		c.realm = value
	case "nonce":
		c.nonce = value
	case "opaque":
		c.opaque = value
	case "algorithm":
		c.algorithm = value
	case "stale":
		c.stale = strings.EqualFold(value, "true")
	case "qop":
		for q := range strings.SplitSeq(value, ",") {
			if q = strings.ToLower(strings.TrimSpace(q)); q != "" {
				c.qops = append(c.qops, q)
			}
		}
	}
}

// strongest picks the best challenge for each realm.
func strongest(cs []challenge) []challenge {
	var best []challenge
	for _, c := range cs {
		if c.strength() < 0 {
			continue
		}
		i := slices.IndexFunc(best, func(b challenge) bool { return b.realm == c.realm })
		switch {
		case i < 0:
			best = append(best, c)
		case c.strength() > best[i].strength():
			best[i] = c
		}
	}
	return best
}

// unsupportedSchemes says what the challenges of a response are, of which none can be answered.
func unsupportedSchemes(res *response) string {
	var kinds []string
	add := func(kind string) {
		if !slices.Contains(kinds, kind) && len(kinds) < maxRealms {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range challengeFields {
		for _, h := range res.GetHeaders(kind.name) {
			scanChallenges(h.Value(), func(scheme string) {
				if !strings.EqualFold(scheme, "Digest") {
					add(readable(scheme))
				}
			}, func(string, string) {})
		}
		for _, c := range challengesOf(res, kind.name) {
			add(c.unsupportedReason())
		}
	}
	return strings.Join(kinds, ", ")
}

// unsupportedReason says why a challenge cannot be answered.
func (c challenge) unsupportedReason() string {
	switch {
	case c.nonce == "":
		return "Digest without a nonce"
	case !slices.Contains(algorithms, c.hash()):
		return "Digest with algorithm " + readable(c.algorithm)
	}
	return "Digest with qop " + readable(strings.Join(c.qops, " or "))
}

// challengeFields are the header fields that challenge, and who does so.
var challengeFields = []struct {
	name  string
	proxy bool
}{{"www-authenticate", false}, {"proxy-authenticate", true}}

func challengesOf(res *response, field string) (cs []challenge) {
	for _, h := range res.GetHeaders(field) {
		cs = append(cs, parseChallenges(h.Value())...)
	}
	return cs
}
