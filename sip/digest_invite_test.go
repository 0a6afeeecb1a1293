package sip_test

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func withCredentials(o *sip.Outgoing) {
	o.Trunk.Username, o.Trunk.AuthUser, o.Trunk.Password = "bob", "bob-auth", "zanzibar"
}

var params = regexp.MustCompile(`(\w+)=("([^"]*)"|[^,\s]+)`)

// checkProof computes a response to a challenge by itself, and compares.
func checkProof(t *testing.T, req *sipmsg.Request, field, password string) map[string]string {
	t.Helper()
	h := req.GetHeader(field)
	if h == nil {
		t.Fatalf("no %s in %s", field, req)
	}
	p := map[string]string{}
	for _, m := range params.FindAllStringSubmatch(strings.TrimPrefix(h.Value(), "Digest "), -1) {
		p[m[1]] = strings.Trim(m[2], `"`)
	}
	hash := func(s string) string {
		switch strings.TrimSuffix(p["algorithm"], "-sess") {
		case "SHA-256":
			x := sha256.Sum256([]byte(s))
			return hex.EncodeToString(x[:])
		case "SHA-512-256":
			x := sha512.Sum512_256([]byte(s))
			return hex.EncodeToString(x[:])
		}
		x := md5.Sum([]byte(s))
		return hex.EncodeToString(x[:])
	}
	a1 := hash(p["username"] + ":" + p["realm"] + ":" + password)
	if strings.HasSuffix(p["algorithm"], "-sess") {
		a1 = hash(a1 + ":" + p["nonce"] + ":" + p["cnonce"])
	}
	a2 := string(req.Method) + ":" + req.Recipient.String()
	if p["qop"] == "auth-int" {
		a2 += ":" + hash(string(req.Body()))
	}
	want := hash(a1 + ":" + p["nonce"] + ":" + hash(a2))
	if p["qop"] != "" {
		want = hash(a1 + ":" + p["nonce"] + ":" + p["nc"] + ":" + p["cnonce"] + ":" + p["qop"] + ":" + hash(a2))
	}
	if p["response"] != want {
		t.Errorf("the proof does not hold: %s", h.Value())
	}
	if p["uri"] != req.Recipient.String() {
		t.Errorf("uri %s, want the Request-URI %s to the letter", p["uri"], req.Recipient.String())
	}
	if p["username"] != "bob-auth" {
		t.Errorf("username %s, want the one for logins", p["username"])
	}
	return p
}

func TestDigestAuthentication(t *testing.T) {
	for _, c := range []struct{ name, challenge, algorithm, qop string }{
		{"MD5 without qop", `Digest realm="r", nonce="n1"`, "", ""},
		{"MD5 auth", `Digest realm="r", nonce="n1", qop="auth", algorithm=MD5, opaque="o"`, "MD5", "auth"},
		{"SHA-256", `Digest realm="r", nonce="n1", qop="auth,auth-int", algorithm=SHA-256`, "SHA-256", "auth"},
		{"MD5-sess", `Digest realm="r", nonce="n1", qop="auth", algorithm=MD5-sess`, "MD5-sess", "auth"},
		{"SHA-512-256", `Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-512-256`, "SHA-512-256", "auth"},
		{"auth-int", `Digest realm="r", nonce="n1", qop="auth-int", algorithm=SHA-256`, "SHA-256", "auth-int"},
		{"strongest of two in one field", `Digest realm="r", nonce="n0", algorithm=MD5, qop="auth", Digest realm="r", nonce="n1", algorithm=SHA-256, qop="auth"`, "SHA-256", "auth"},
		{"unknown first", `Digest realm="r", nonce="n0", algorithm=FOO, Basic realm="x", Digest realm="r", nonce="n1"`, "", ""},
	} {
		for _, code := range []int{401, 407} {
			t.Run(fmt.Sprint(c.name, " ", code), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					asks, gives := "WWW-Authenticate", "Authorization"
					if code == 407 {
						asks, gives = "Proxy-Authenticate", "Proxy-Authorization"
					}
					s := b.call(withCredentials, func(o *sip.Outgoing) { o.To = "+1(2)#;x" })
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, code, "Login", "x", "", asks+": "+c.challenge)
					b.peer.request(sipmsg.ACK)
					second := b.peer.request(sipmsg.INVITE)
					p := checkProof(t, second, gives, "zanzibar")
					if p["nonce"] != "n1" || p["algorithm"] != c.algorithm || p["qop"] != c.qop {
						t.Errorf("answered %v", p)
					}
					if second.CSeq().SeqNo != inv.CSeq().SeqNo+1 || branch(second) == branch(inv) ||
						second.From().Value() != inv.From().Value() || second.CallID().Value() != inv.CallID().Value() {
						t.Errorf("second INVITE %s", second)
					}
					b.peer.answer(second, 200, "OK", "a", sdp)
					if ack := b.peer.request(sipmsg.ACK); ack.GetHeader(gives) == nil {
						t.Error("the ACK has no credentials (RFC 3261 §22.1)")
					}
					event[sip.Answered](b, s)
					s.Hangup(sip.Cause{})
					bye := b.peer.request(sipmsg.BYE)
					if p := checkProof(t, bye, gives, "zanzibar"); p["qop"] != "" && p["nc"] != "00000002" {
						t.Errorf("the nonce is used again with nc %s", p["nc"])
					}
					b.peer.answer(bye, 200, "OK", "a", "")
					b.ended(s)
				})
			})
		}
	}
}

func TestTwoProxiesChallenge(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 407, "Login", "x", "", `Proxy-Authenticate: Digest realm="one", nonce="n"`)
		b.peer.request(sipmsg.ACK)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "", `WWW-Authenticate: Digest realm="two", nonce="m"`)
		b.peer.request(sipmsg.ACK)
		third := b.peer.request(sipmsg.INVITE)
		checkProof(t, third, "Proxy-Authorization", "zanzibar")
		checkProof(t, third, "Authorization", "zanzibar")
		b.peer.answer(third, 486, "Busy", "x", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 || o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestCredentialsRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		trunk   func(*sip.Outgoing)
		nonces  []string // of each 401
		invites int
	}{
		{"no credentials", nil, []string{"a", "b", "c"}, 1},
		{"same nonce again", withCredentials, []string{"a", "a", "a"}, 2},
		{"a new nonce each time", withCredentials, []string{"a", "b", "c", "d"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(func(o *sip.Outgoing) {
					if c.trunk != nil {
						c.trunk(o)
					}
				})
				for i := range c.invites {
					b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "",
						`WWW-Authenticate: Digest realm="r", nonce="`+c.nonces[i]+`", qop="auth"`)
					b.peer.request(sipmsg.ACK)
				}
				if o := b.ended(s); o.By != sip.EndedCredentialsRefused || o.Code != 401 {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

func TestChallengeInsideTheCall(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up(withCredentials)
		s.Reoffer([]byte(held))
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth-int"`)
		b.peer.request(sipmsg.ACK)
		again := b.peer.request(sipmsg.INVITE)
		checkProof(t, again, "Proxy-Authorization", "zanzibar")
		if string(again.Body()) != held || again.GetHeader("Content-Type") == nil {
			t.Errorf("re-INVITE %s", again)
		}
		b.peer.answer(again, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.ReofferResult](b, s)
		s.Hangup(sip.Cause{Q850: 16})
		bye := b.peer.request(sipmsg.BYE)
		b.peer.answer(bye, 407, "Stale", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n2", qop="auth", stale=true`)
		bye = b.peer.request(sipmsg.BYE)
		if p := checkProof(t, bye, "Proxy-Authorization", "zanzibar"); p["nonce"] != "n2" || p["nc"] != "00000001" {
			t.Errorf("answered %v", p)
		}
		if bye.GetHeader("Reason") == nil {
			t.Error("the second BYE has lost its Reason")
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		b.ended(s)
		_ = d
	})
}

func TestSecretsStayUnseen(t *testing.T) {
	trunk := &sip.Trunk{Name: "t", Password: "zanzibar"}
	for _, text := range []string{fmt.Sprintf("%v", *trunk), fmt.Sprintf("%+v", *trunk), fmt.Sprintf("%#v", *trunk),
		fmt.Sprint(trunk.Password), fmt.Sprintf("%s %q", trunk.Password, trunk.Password)} {
		if strings.Contains(text, "zanzibar") {
			t.Errorf("the password shows: %s", text)
		}
	}
}

// A trunk that challenges, and no username is configured: the error says so, and not that
// it was refused.
func TestChallengeWithoutUsername(t *testing.T) {
	for _, c := range []struct{ field, realm string }{
		{"Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"n\"", ` (realm "carrier.example")`},
		{"WWW-Authenticate: Digest nonce=\"n\"", ""},
		{"WWW-Authenticate: Digest realm=\"" + strings.Repeat("é", 200) + "\", nonce=\"n\"", ` (realm "` + strings.Repeat("é", 50) + `…")`},
		{"WWW-Authenticate: Digest realm=\"a\x1b[2Jb\", nonce=\"n\"", ` (realm "a [2Jb")`},
		{"WWW-Authenticate: Negotiate", ""},
		{"X: none", ""},
	} {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			b.peer.answer(b.peer.request(sipmsg.INVITE), 407, "Proxy Authentication Required", "x", "", c.field)
			b.peer.request(sipmsg.ACK)
			want := "asks for credentials" + c.realm + ", and the trunk has no username"
			if o := b.ended(s); o.By != sip.EndedCredentialsRefused || o.Code != 407 || o.Err == nil || o.Err.Error() != want {
				t.Errorf("outcome %+v, want %s", o, want)
			}
		})
	}
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		for _, method := range []sipmsg.RequestMethod{sipmsg.INVITE, sipmsg.INVITE} {
			b.peer.answer(b.peer.request(method), 401, "Unauthorized", "x", "", `WWW-Authenticate: Digest realm="r", nonce="n"`)
			b.peer.request(sipmsg.ACK)
		}
		if o := b.ended(s); o.By != sip.EndedCredentialsRefused || o.Err != nil {
			t.Errorf("credentials that were refused: %+v", o)
		}
	})
}
