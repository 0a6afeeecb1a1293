package sip

import "bytes"

// redact overwrites the secrets of a message with asterisks, byte for byte, so that
// Content-Length stays right:
//
//   - what proves the credentials of digest authentication (response and rspauth,
//     RFC 7616 §3.4, §3.5), and credentials of any other scheme;
//   - header fields that carry a token, a password or a key by their names;
//   - the password of a SIP URI (RFC 3261 §19.1.1);
//   - keys in SDP: a=crypto (RFC 4568 §9.1), a=key-mgmt (RFC 4567 §3), k= (RFC 4566 §5.12),
//     a=ice-pwd (RFC 8839 §5.4). An inline key becomes x, not asterisks: it stays base64, without
//     which Wireshark takes the whole message for malformed;
//   - the digits of an INFO, of which the flow may have asked for a secret.
func redact(raw []byte) {
	line, rest := cutLine(raw)
	info := bytes.HasPrefix(line, []byte("INFO "))
	redactURIs(line)
	for len(rest) > 0 {
		var field []byte
		if field, rest = cutFolded(rest); len(field) == 0 {
			break
		}
		redactField(field)
	}
	for len(rest) > 0 {
		if line, rest = cutLine(rest); info {
			redactDigits(line)
		}
		redactSDP(line)
	}
}

// mask overwrites a text, but for what separates it from others.
func mask(b []byte) { maskBy('*', b) }

func maskBy(mark byte, b []byte) {
	for i, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			b[i] = mark
		}
	}
}

// secretNames are parts of the names of header fields whose values are secrets.
var secretNames = [][]byte{[]byte("token"), []byte("password"), []byte("passwd"), []byte("secret"), []byte("api-key"), []byte("apikey")}

// redactField redacts a header field with its continuation lines.
func redactField(field []byte) {
	colon := bytes.IndexByte(field, ':')
	if colon < 0 {
		return
	}
	name, value := bytes.TrimSpace(field[:colon]), field[colon+1:]
	switch {
	case sameName(name, "Authorization"), sameName(name, "Proxy-Authorization"):
		redactCredentials(value)
	case sameName(name, "Authentication-Info"), sameName(name, "Proxy-Authentication-Info"):
		redactParam(value, "rspauth")
	case len(name) > 4 && hasSecretName(name):
		mask(value)
	}
	redactURIs(value)
}

func sameName(b []byte, s string) bool { return len(b) == len(s) && bytes.EqualFold(b, []byte(s)) }

func hasSecretName(name []byte) bool {
	if len(name) > 64 {
		name = name[:64]
	}
	var buf [64]byte
	lower := buf[:len(name)]
	for i, c := range name {
		if lower[i] = c; c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	for _, s := range secretNames {
		if bytes.Contains(lower, s) {
			return true
		}
	}
	return false
}

// redactCredentials redacts a value of Authorization or Proxy-Authorization.
func redactCredentials(value []byte) {
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	scheme := trimmed
	if end := bytes.IndexAny(trimmed, " \t\r\n"); end >= 0 {
		scheme = trimmed[:end]
	}
	if !sameName(scheme, "Digest") {
		mask(trimmed[len(scheme):])
		if len(scheme) == len(trimmed) {
			mask(trimmed) // no scheme: all of it may be the secret
		}
		return
	}
	redactParam(trimmed[len(scheme):], "response")
}

// redactParam redacts each parameter of that name, quoted or not.
func redactParam(value []byte, name string) {
	for at := 0; at+len(name) < len(value); at++ {
		if value[at] == '"' { // a name inside a quoted string is none
			at += endOfQuoted(value[at:])
			continue
		}
		if !sameName(value[at:at+len(name)], name) || at > 0 && isTokenChar(rune(value[at-1])) {
			continue
		}
		secret := bytes.TrimLeft(value[at+len(name):], " \t\r\n")
		if len(secret) == 0 || secret[0] != '=' {
			continue
		}
		secret = bytes.TrimLeft(secret[1:], " \t\r\n")
		end := bytes.IndexAny(secret, ", \t\r\n")
		if len(secret) > 0 && secret[0] == '"' {
			end = endOfQuoted(secret)
			secret, end = secret[1:], max(end-1, 0)
		}
		if end < 0 || end > len(secret) {
			end = len(secret)
		}
		mask(secret[:end])
		at = len(value) - len(secret) + end
	}
}

// endOfQuoted is the index of the quote that ends the string which begins at the first
// byte, or of the last byte if none does.
func endOfQuoted(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b) - 1
}

// redactURIs redacts the passwords of the SIP URIs in a line: sip:user:password@host.
func redactURIs(line []byte) {
	for from := 0; ; {
		i := bytes.IndexByte(line[from:], '@')
		if i < 0 {
			return
		}
		at := from + i
		from = at + 1
		if colon, found := passwordBefore(line, at); found {
			mask(line[colon+1 : at])
		}
	}
}

// passwordBefore finds the colon before the password that ends at the @ of a SIP URI.
func passwordBefore(line []byte, at int) (colon int, found bool) {
	colon = -1
	for i := at - 1; i >= 0; i-- {
		switch c := line[i]; {
		case c == ':' && isSIPScheme(line[:i]):
			return colon, colon >= 0 && line[i+1] != '[' // an IPv6 host, and the @ of a parameter
		case c == ':':
			colon = i
		case c == '<' || c == '>' || c == '"' || c == '@' || c <= ' ':
			return -1, false
		}
	}
	return -1, false
}

// isSIPScheme says whether a text ends with the scheme of a SIP URI.
func isSIPScheme(b []byte) bool {
	for _, scheme := range []string{"sips", "sip"} {
		if n := len(b) - len(scheme); n >= 0 && sameName(b[n:], scheme) && (n == 0 || !isAlphanumeric(b[n-1])) {
			return true
		}
	}
	return false
}

// redactSDP redacts the key in a line of SDP.
func redactSDP(line []byte) {
	if len(line) < 3 || line[1] != '=' {
		return
	}
	switch kind := line[0] | 0x20; {
	case kind == 'k':
		mask(line[2:])
	case kind != 'a':
	case hasPrefix(line, "a=crypto:"):
		redactInline(line[len("a=crypto:"):])
	case hasPrefix(line, "a=key-mgmt:"):
		if i := bytes.IndexByte(line, ' '); i >= 0 {
			mask(line[i:])
		}
	case hasPrefix(line, "a=ice-pwd:"):
		mask(line[len("a=ice-pwd:"):])
	}
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && sameName(b[:len(prefix)], prefix)
}

// redactInline redacts the keys of a=crypto and leaves its suite, lifetime and MKI. A key
// by another method than inline is redacted to the end of the line.
func redactInline(value []byte) {
	fields := bytes.SplitN(value, []byte(" "), 3) // tag, suite, keys
	if len(fields) < 3 {
		mask(value)
		return
	}
	for _, keys := range bytes.Split(fields[2], []byte(";")) {
		method, key, found := bytes.Cut(keys, []byte(":"))
		if !found || !sameName(bytes.TrimSpace(method), "inline") {
			mask(keys)
			continue
		}
		if end := bytes.IndexAny(key, "| \t"); end >= 0 {
			key = key[:end]
		}
		maskBy('x', bytes.TrimRight(key, "=")) // whose padding stays
	}
}

// redactDigits redacts a line of the body of an INFO: a digit alone (application/dtmf),
// Signal=5 (application/dtmf-relay) or d=Digits=5.
func redactDigits(line []byte) {
	trimmed := bytes.TrimSpace(line)
	equals := bytes.LastIndexByte(line, '=')
	switch {
	case equals < 0 && len(trimmed) <= 2: // flash is 16
		mask(trimmed)
	case equals >= 0:
		name := bytes.TrimSpace(line[:equals])
		if sameName(name, "Signal") || len(name) >= 6 && sameName(name[len(name)-6:], "Digits") {
			mask(line[equals+1:])
		}
	}
}
