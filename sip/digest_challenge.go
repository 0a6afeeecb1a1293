package sip

import (
	"cmp"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// realm is one that credentials are for: of a proxy, or of the server itself.
type realm struct {
	name  string
	proxy bool
}

// challenge is what a server asks credentials to be made of (RFC 7616 §3.3).
type challenge struct {
	realm
	scheme        string // empty: Digest; no other is supported
	nonce, opaque string
	algorithm     string // as it was written; empty means MD5
	qops          []string
	stale         bool
}

// algorithms are the supported ones, weakest first; each also as "-sess".
var algorithms = []string{"MD5", "SHA-256", "SHA-512-256"}

// strength orders challenges; -1 is an unsupported one.
func (c challenge) strength() int {
	if c.scheme != "" || c.nonce == "" || len(c.qops) > 0 && c.qop() == "" {
		return -1
	}
	return slices.Index(algorithms, c.hash())
}

// hash is the algorithm without its -sess.
func (c challenge) hash() string {
	return strings.TrimSuffix(strings.ToUpper(cmp.Or(c.algorithm, "MD5")), "-SESS")
}

func (c challenge) session() bool { return strings.HasSuffix(strings.ToUpper(c.algorithm), "-SESS") }

// qop is the quality of protection that is used: auth, because gateways change bodies
// on their way; auth-int where nothing else is offered; "" for servers without any.
func (c challenge) qop() string {
	for _, q := range []string{"auth", "auth-int"} {
		if slices.Contains(c.qops, q) {
			return q
		}
	}
	return ""
}

func (c challenge) unsupportedReason() string {
	switch {
	case c.scheme != "":
		return clipped(c.scheme)
	case c.nonce == "":
		return "Digest without a nonce"
	case !slices.Contains(algorithms, c.hash()):
		return "Digest with algorithm " + clipped(c.algorithm)
	}
	return "Digest with qop " + clipped(strings.Join(c.qops, " or "))
}

// parseChallenges reads the value of a WWW-Authenticate or Proxy-Authenticate header
// field, which may have several challenges.
func parseChallenges(value string) (found []challenge) {
	for _, item := range splitList(value, ',') {
		item = strings.TrimSpace(item)
		name, v, valued := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		// "Digest realm" begins a challenge, "realm" goes on with one.
		if scheme, first, two := cutSpace(name); two || item != "" && !valued {
			if strings.EqualFold(scheme, "Digest") {
				scheme = ""
			}
			found = append(found, challenge{scheme: scheme})
			name = first
		}
		if len(found) > 0 {
			found[len(found)-1].set(strings.ToLower(name), unquote(strings.TrimSpace(v)))
		}
	}
	return found
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
		c.name = value
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

// challengesOf are the challenges of a response, those of the server first.
func challengesOf(res sipmsg.Message) (found []challenge) {
	for _, proxy := range []bool{false, true} {
		for _, h := range res.GetHeaders(map[bool]string{false: "www-authenticate", true: "proxy-authenticate"}[proxy]) {
			for _, c := range parseChallenges(h.Value()) {
				c.proxy = proxy
				found = append(found, c)
			}
		}
	}
	return found
}

// strongest picks the best challenge of each realm, without those that are unsupported.
func strongest(all []challenge) (best []challenge) {
	for _, c := range all {
		i := slices.IndexFunc(best, func(b challenge) bool { return b.realm == c.realm })
		switch {
		case c.strength() < 0:
		case i < 0:
			best = append(best, c)
		case c.strength() > best[i].strength():
			best[i] = c
		}
	}
	return best
}

// unsupportedSchemes lists what the challenges are, each once, up to maxRealms.
func unsupportedSchemes(all []challenge) string {
	var kinds []string
	for _, c := range all {
		if kind := c.unsupportedReason(); !slices.Contains(kinds, kind) && len(kinds) < maxRealms {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, ", ")
}
