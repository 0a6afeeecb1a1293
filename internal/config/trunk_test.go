package config

import (
	"strings"
	"testing"
	"time"

	"ringflow/sip"
)

// withTrunk replaces the lines of goodConfig that name the target.
func withTrunk(lines string) string {
	return strings.Replace(goodConfig, "        targets: [127.0.0.1:5070]\n", lines, 1)
}

func TestTrunksThatAreTaken(t *testing.T) {
	six := strings.NewReplacer("listen: 127.0.0.1:5060", "listen: '[2001:db8::7]:5060'")
	for name, text := range map[string]string{
		"IPv6":                     six.Replace(withTrunk("        targets: ['[2001:db8::1]:5060']\n")),
		"names":                    withTrunk("        targets: [sip.example.com, 'sip.example.com:5061', carrier_1.example.com., localhost]\n"),
		"domain with port":         withTrunk("        targets: [sip.example.com]\n        domain: example.com:5070\n"),
		"domain of an address":     withTrunk("        targets: [sip.example.com]\n        domain: 192.0.2.1\n"),
		"domain in IPv6":           withTrunk("        targets: [sip.example.com]\n        domain: '[2001:db8::1]'\n"),
		"username":                 withTrunk("        targets: [sip.example.com]\n        username: 'user@example.com'\n"),
		"transport":                goodConfig + "        transport: tcp\n",
		"transport tls":            goodConfig + "        transport: tls\n        tls: {server_name: sip.example.com, min_version: 1.3}\n",
		"a URI":                    withTrunk("        targets: ['sip:sip.example.com', 'SIPS:127.0.0.1:5070', 'sip.example.com;transport=tcp', 'sip:sip.example.com:5062;transport=TLS']\n"),
		"both IP versions":         strings.Replace(withTrunk("        targets: ['[2001:db8::1]:5060', '192.0.2.1:5060']\n"), "listen: 127.0.0.1:5060", "listen: ['127.0.0.1:5060', '[::1]:5060']", 1),
		"registration":             goodConfig + "        register: true\n        username: me\n        registrars: [reg.example.com, '192.0.2.1:5080']\n        register_expires: 30m\n        register_contact: received\n        register_extensions: [outbound, gin, mediasec]\n        realm: example.com\n        from_domain: example.com\n        outbound_proxy: [sbc.example.com]\n",
		"ping":                     goodConfig + "        ping: 30s\n",
		"no pings":                 goodConfig + "        ping: 0s\n",
		"audio of IPv6":            strings.Replace(goodConfig, "bind: 127.0.0.1", "bind: '::1'", 1) + "        rtp_ip: ipv6\n",
		"audio of both":            strings.Replace(goodConfig, "bind: 127.0.0.1", "bind: [0.0.0.0, '::']\n  advertise: ['2001:db8::1', 192.0.2.1]", 1) + "        rtp_ip: ipv4\n",
		"audio of both by ::":      strings.Replace(goodConfig, "bind: 127.0.0.1", "bind: '::'\n  advertise: [192.0.2.1, '2001:db8::1']", 1) + "        rtp_ip: ipv4\n",
		"rtp_from":                 goodConfig + "        rtp_from: any\n",
		"addresses without ports":  strings.Replace(goodConfig, "[127.0.0.1:5070]", "[127.0.0.1, 'sips:127.0.0.1', '127.0.0.1;transport=tcp']", 1),
		"srtp":                     goodConfig + "        srtp: required\n        srtp_suites: [AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_32]\n",
		"p_asserted_identity":      goodConfig + "        p_asserted_identity: none\n",
		"country":                  strings.Replace(goodConfig, "    numbers:", "    country: DE\n    numbers:", 1),
		"user":                     goodConfig + "        user: me\n        password: p\n",
		"auth_username":            goodConfig + "        username: me\n        auth_username: you\n",
		"client_id":                strings.NewReplacer("- id: c", "- client_id: c", "secret: s", "client_secret: s").Replace(goodConfig),
		"username of a connection": goodConfig + "    connections:\n      - {name: crm, base: 'https://crm.example.com', auth: {kind: basic, username: me, secret: s}}\n",
		"two trunks":               goodConfig + "      - name: other\n        targets: [127.0.0.1:5070]\n",
	} {
		if _, err := Parse("x.yaml", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMistakesInTrunksNameTheirPlace(t *testing.T) {
	targets := func(value string) string { return withTrunk("        targets: [" + value + "]\n") }
	const noTarget = "x.yaml:19: accounts[0].trunks[0].targets[0]: "
	also := func(line string) string { return goodConfig + "        " + line + "\n" }
	for name, c := range map[string]struct{ text, want string }{
		"IPv6 without brackets": {targets("'2001:db8::1'"), noTarget + `"2001:db8::1" is an IPv6 address without brackets: write [2001:db8::1]:5060`},
		"IPv6 and a port":       {targets("'2001:db8::1:5061'"), noTarget + `"2001:db8::1:5061" is an IPv6 address without brackets`},
		"port 0":                {targets("sip.example.com:0"), noTarget + `"sip.example.com:0" is not host:port`},
		"port 0 of an address":  {targets("127.0.0.1:0"), noTarget + `"127.0.0.1:0" is not host:port`},
		"no host":               {targets("':5060'"), noTarget + `":5060" is not host:port`},
		"half an address":       {targets("127.0.0"), noTarget + `"127.0.0" is not host:port`},
		"a URI with a user":     {targets("'sip:me@sip.example.com'"), noTarget + `"sip:me@sip.example.com" is not host:port`},
		"another scheme":        {targets("'tel:+12025550100'"), noTarget + `"tel:+12025550100" is not host:port`},
		"a parameter":           {targets("'sip:sip.example.com;lr'"), noTarget + `"sip:sip.example.com;lr" has the parameter "lr": only transport is taken, as in sip.example.com;transport=tls`},
		"no such transport":     {targets("'sip.example.com;transport=sctp'"), noTarget + `"sip.example.com;transport=sctp" has the transport "sctp", which is not one of [udp tcp tls]`},
		"sips over UDP":         {targets("'sips:sip.example.com;transport=udp'"), noTarget + `"sips:sip.example.com;transport=udp" is sips: over UDP: sips: is always over TLS`},
		"half of a pair":        {also("tls: {certificate: a.pem}"), `x.yaml:20: accounts[0].trunks[0].tls: certificate and key go together`},
		"a fingerprint":         {also("tls: {fingerprint: 'AB:CD'}"), `x.yaml:20: accounts[0].trunks[0].tls.fingerprint: "AB:CD" is not a SHA-256 fingerprint: write its 32 bytes in hex`},
		"fingerprint and CA":    {also("tls: {fingerprint: '" + strings.Repeat("ab", 32) + "', ca: a.pem}"), `x.yaml:20: accounts[0].trunks[0].tls.fingerprint: give one of fingerprint and ca`},
		"a server name":         {also("tls: {server_name: 'sip.example.com:5061'}"), `x.yaml:20: accounts[0].trunks[0].tls.server_name: "sip.example.com:5061" is not a host name or an address without a port`},
		"an old TLS version":    {also("tls: {min_version: '1.0'}"), `x.yaml:20: accounts[0].trunks[0].tls.min_version: "1.0" is not one of 1.2, 1.3`},
		"a blank":               {targets("'sip.example .com'"), noTarget + `"sip.example .com" is not host:port`},
		"other IP version":      {targets("'[2001:db8::1]:5060'"), noTarget + `"[2001:db8::1]:5060" is of another IP version than sip.listen, 127.0.0.1:5060`},
		"domain":                {also("domain: 'sip:example.com'"), `x.yaml:20: accounts[0].trunks[0].domain: "sip:example.com" is not a host name`},
		"domain's port":         {also("domain: example.com:0"), `x.yaml:20: accounts[0].trunks[0].domain: "example.com:0" is not a host name`},
		"username":              {also(`username: "a\r\nb"`), `x.yaml:20: accounts[0].trunks[0].username: "a\r\nb" has a line break`},
		"auth_user":             {also(`auth_user: "a\tb"`), `x.yaml:20: accounts[0].trunks[0].auth_user: "a\tb" has a line break or another control character`},
		"country":               {strings.Replace(goodConfig, "    numbers:", "    country: us\n    numbers:", 1), `x.yaml:15: accounts[0].country: "us" is not a country: two capital letters, such as US`},
		"p_asserted_identity":   {also("p_asserted_identity: both"), `x.yaml:20: accounts[0].trunks[0].p_asserted_identity: "both" is neither a number in E.164, such as +12025550100, nor one of account, contact, shown, network, username, none`},
		"transport":             {also("transport: sctp"), `x.yaml:20: accounts[0].trunks[0].transport: "sctp" is not one of udp, tcp`},
		"register":              {also("username: me\n        register: sometimes"), `x.yaml:21: accounts[0].trunks[0].register: "sometimes" is not `},
		"nobody registers":      {also("register: true"), `x.yaml:20: accounts[0].trunks[0].register: there is no username, whose address-of-record could register`},
		"registrars alone":      {also("registrars: [a]"), `x.yaml:20: accounts[0].trunks[0].registrars: the trunk does not register: write register: true`},
		"registrar":             {also("register: true\n        username: me\n        registrars: ['a:0']"), `x.yaml:22: accounts[0].trunks[0].registrars[0]: "a:0" is not host:port`},
		"outbound proxy":        {also("outbound_proxies: ['a b']"), `x.yaml:20: accounts[0].trunks[0].outbound_proxies[0]: "a b" is not host:port`},
		"expiry":                {also("register_expires: 10s"), `x.yaml:20: accounts[0].trunks[0].register_expires: "10s" is not a duration from 1m0s to 24h0m0s: write 1h`},
		"contact":               {also("register_contact: public"), `x.yaml:20: accounts[0].trunks[0].register_contact: "public" is not one of auto, advertise, received`},
		"extension":             {also("register_extensions: [path]"), `x.yaml:20: accounts[0].trunks[0].register_extensions[0]: "path" is not one of outbound, gin, mediasec`},
		"from_domain":           {also("from_domain: 'a b'"), `x.yaml:20: accounts[0].trunks[0].from_domain: "a b" is not a host name`},
		"ping too often":        {also("ping: 10ms"), `x.yaml:20: accounts[0].trunks[0].ping: "10ms" is not a duration from 1s to 1h0m0s: write 30s, or 0s for no pings`},
		"ping too seldom":       {also("ping: 61m"), `x.yaml:20: accounts[0].trunks[0].ping: "1h1m0s" is not a duration from 1s to 1h0m0s`},
		"ping without a unit":   {also("ping: 30"), `"30" is not a duration: write 30s or 1m30s`},
		"ping below 0":          {also("ping: -30s"), `"-30s" is not a duration: write 30s or 1m30s`},
		"rtp_from":              {also("rtp_from: every"), `x.yaml:20: accounts[0].trunks[0].rtp_from: "every" is not one of auto, sdp, any`},
		"rtp_ip":                {also("rtp_ip: IPv6"), `x.yaml:20: accounts[0].trunks[0].rtp_ip: "IPv6" is not one of auto, ipv4, ipv6: write ipv6`},
		"rtp_ip of none":        {also("rtp_ip: ipv6"), `x.yaml:20: accounts[0].trunks[0].rtp_ip: rtp.bind, 127.0.0.1, has no IPv6 address: add one, such as "::"`},
		"srtp":                  {also("srtp: yes"), `x.yaml:20: accounts[0].trunks[0].srtp: "yes" is not one of off, optional, required`},
		"srtp by DTLS":          {also("srtp: dtls"), `x.yaml:20: accounts[0].trunks[0].srtp: "dtls" is not spoken: keys are agreed in SDP (SDES, RFC 4568), as trunks want it, and not by DTLS: write required, and transport: tls`},
		"srtp in capitals":      {also("srtp: Required"), `x.yaml:20: accounts[0].trunks[0].srtp: "Required" is not one of off, optional, required: write required`},
		"srtp_suites":           {also("srtp_suites: [AES_CM_128_HMAC_SHA1_80, F8_128_HMAC_SHA1_80]"), `x.yaml:20: accounts[0].trunks[0].srtp_suites[1]: "F8_128_HMAC_SHA1_80" is not one of AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES_256_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, AES_CM_128_HMAC_SHA1_80`},
		"a suite twice":         {also("srtp_suites: [AEAD_AES_256_GCM, AEAD_AES_256_GCM]"), `x.yaml:20: accounts[0].trunks[0].srtp_suites[1]: "AEAD_AES_256_GCM" stands in the list twice: remove one`},
		"codecs":                {also("codecs: [g722, pcma, g729]"), `x.yaml:20: accounts[0].trunks[0].codecs[2]: "g729" is not one of pcmu, pcma, g722, opus`},
		"a codec twice":         {also("codecs: [pcma, pcmu, pcma]"), `x.yaml:20: accounts[0].trunks[0].codecs[2]: "pcma" stands in the list twice: remove one`},
		"user and username":     {also("user: a\n        username: b"), "x.yaml:21: accounts[0].trunks[0].username: the key stands twice, in line 20 too: remove one"},
		"two of one name":       {also("channels: 1\n      - name: carrier\n        targets: [127.0.0.1:5071]"), "x.yaml:21: accounts[0].trunks[1].name: carrier is already the name of another trunk"},
	} {
		if _, err := Parse("x.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got  %v\nwant %s", name, err, c.want)
		}
	}
}

// A key that is taken for another holds what the other would, and is told once.
func TestKeysInOtherWords(t *testing.T) {
	c, err := Parse("x.yaml", []byte(goodConfig+"        user: me\n        auth_username: you\n"+
		"    connections:\n      - {name: crm, base: 'https://crm.example.com', auth: {kind: basic, username: them, secret: s}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	trunk, auth := c.Accounts[0].Trunks[0], c.Accounts[0].Connections[0].Auth
	if trunk.Username != "me" || trunk.AuthUser != "you" || auth.User != "them" {
		t.Errorf("the trunk is %+v, the connection %+v", trunk, auth)
	}
	for i, want := range []string{
		"x.yaml:20: accounts[0].trunks[0].user: warning: the key is username here: write that; it is taken for it",
		"x.yaml:21: accounts[0].trunks[0].auth_username: warning: the key is auth_user here",
		"x.yaml:23: accounts[0].connections[0].auth.username: warning: the key is user here",
	} {
		if len(c.RenamedKeys()) != 3 || !strings.HasPrefix(c.RenamedKeys()[i], want) {
			t.Errorf("the warnings are %q, want %q", c.RenamedKeys(), want)
		}
	}
}

// TestWarningsOfSRTP: keys that everybody can read, and suites that are not used.
func TestWarningsOfSRTP(t *testing.T) {
	for lines, want := range map[string]string{
		"        srtp: optional\n":                         "x.yaml:20: accounts[0].trunks[0].srtp: warning: trunk carrier sends the keys of SRTP in SIP to 127.0.0.1:5070 without TLS, where everybody on the way can read them",
		"        transport: tcp\n        srtp: required\n": "x.yaml:21: accounts[0].trunks[0].srtp: warning: trunk carrier sends the keys of SRTP in SIP to 127.0.0.1:5070 without TLS",
		"        srtp_suites: [AEAD_AES_256_GCM]\n":        "x.yaml:20: accounts[0].trunks[0].srtp_suites: warning: trunk carrier encrypts nothing, since its srtp is off: write srtp: required, or optional",
		"        transport: tls\n        srtp: required\n": "",
		"        srtp: off\n":                              "",
	} {
		c, err := Parse("x.yaml", []byte(goodConfig+lines))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, w := range c.Warnings() {
			if strings.Contains(w, "srtp") {
				got += w
			}
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: got  %s\nwant %s", lines, got, want)
		}
	}
}

// The Contact of a trunk that registers is the one that the registrar sees, unless
// sip.advertise or the trunk says otherwise.
func TestRegistrationContact(t *testing.T) {
	for _, c := range []struct {
		advertise, contact string
		want               sip.ContactAddress
	}{
		{"", "", sip.ContactReceived}, {"192.0.2.1:5060", "", sip.ContactAdvertised},
		{"", "advertise", sip.ContactAdvertised}, {"192.0.2.1:5060", "received", sip.ContactReceived},
	} {
		text := goodConfig + "        register: true\n        username: me\n"
		if c.contact != "" {
			text += "        register_contact: " + c.contact + "\n"
		}
		if c.advertise != "" {
			text = strings.Replace(text, "listen: 127.0.0.1:5060", "listen: 127.0.0.1:5060\n  advertise: "+c.advertise, 1)
		}
		got, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		accounts, err := got.CallAccounts()
		if err != nil {
			t.Fatal(err)
		}
		if r := accounts[0].Trunks[0].Register; r == nil || r.Contact != c.want || r.Expires != time.Hour {
			t.Errorf("%+v: %+v", c, r)
		}
	}
}
