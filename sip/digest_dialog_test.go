package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// proof finds the credentials of a request for a realm, and holds that they were made
// with the password.
func proof(t *testing.T, req *sipmsg.Request, field, realm string) map[string]string {
	t.Helper()
	var found []sipmsg.Header
	for _, h := range req.GetHeaders(field) {
		if strings.Contains(h.Value(), `realm="`+realm+`"`) {
			found = append(found, h)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d %s for realm %s in %s", len(found), field, realm, req)
	}
	only := req.Clone()
	for only.RemoveHeader(field) {
	}
	only.AppendHeader(found[0])
	return checkProof(t, only, field, "zanzibar")
}

// inDialogRequests are all that we send inside a dialog, and may be challenged: each
// is provoked on a call that is up, and answered at last.
var inDialogRequests = []struct {
	method  sipmsg.RequestMethod
	provoke func(*bench, *sip.Session)
	after   func(*bench, *sip.Session)
}{
	{sipmsg.BYE, func(_ *bench, s *sip.Session) { s.Hangup(sip.Cause{Q850: 16}) }, nil},
	{sipmsg.INFO, func(_ *bench, s *sip.Session) { s.Info("application/dtmf", []byte("5")) }, nil},
	{sipmsg.INVITE, func(_ *bench, s *sip.Session) { s.Reoffer([]byte(held)) }, func(b *bench, s *sip.Session) {
		if ack := b.peer.request(sipmsg.ACK); ack.GetHeader("Authorization") == nil {
			b.Errorf("the ACK has no credentials (RFC 3261 §22.1): %s", ack)
		}
		if r := event[sip.ReofferResult](b, s); r.Code != 200 {
			b.Errorf("result %+v", r)
		}
	}},
	{sipmsg.UPDATE, func(b *bench, s *sip.Session) {
		time.Sleep(5 * time.Minute) // half the session timer
	}, nil},
}

// Every request inside a call that is challenged is sent again with credentials, with
// all that it carried, as often as a nonce is called stale.
func TestEveryRequestInsideACallIsAuthenticated(t *testing.T) {
	const (
		server = `WWW-Authenticate: Digest realm="s", qop="auth", nonce=`
		proxy  = `Proxy-Authenticate: Digest realm="p", qop="auth", nonce=`
	)
	type challenge struct {
		code   int
		fields []string
	}
	for _, r := range inDialogRequests {
		for name, challenges := range map[string][]challenge{
			"401":             {{401, []string{server + `"a"`}}},
			"401 and 407":     {{407, []string{server + `"a"`, proxy + `"b"`}}},
			"401, then 407":   {{401, []string{server + `"a"`}}, {407, []string{proxy + `"b"`}}},
			"stale":           {{401, []string{server + `"a"`}}, {401, []string{server + `"c", stale=true`}}},
			"stale six times": {{401, []string{server + `"a"`}}, {401, []string{server + `"c", stale=true`}}, {401, []string{server + `"d", stale=true`}}, {401, []string{server + `"d", stale=TRUE`}}, {401, []string{server + `"e", stale=true`}}, {401, []string{server + `"f", stale=true`}}, {401, []string{server + `"g", stale=true`}}},
			"each stale once": {{401, []string{server + `"a"`, proxy + `"b"`}}, {401, []string{server + `"c", stale=true`}}, {407, []string{proxy + `"d", stale=true`}}},
		} {
			t.Run(string(r.method)+" "+name, func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s := b.call(withCredentials)
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, 200, "OK", "a", sdp, "Allow: UPDATE", "Session-Expires: 600;refresher=uac")
					b.peer.request(sipmsg.ACK)
					event[sip.Answered](b, s)
					r.provoke(b, s)
					req := b.peer.request(r.method)
					first, nonces, uses := req, map[string]string{}, map[string]int{}
					for _, c := range challenges {
						b.peer.answer(req, c.code, "Login", "a", "", c.fields...)
						if r.method == sipmsg.INVITE {
							b.peer.request(sipmsg.ACK)
						}
						for _, f := range c.fields {
							field := "Authorization"
							if strings.HasPrefix(f, "Proxy") {
								field = "Proxy-Authorization"
							}
							_, nonce, _ := strings.Cut(f, `nonce="`)
							nonces[field], _, _ = strings.Cut(nonce, `"`)
						}
						again := b.peer.request(r.method)
						if again.CSeq().SeqNo != req.CSeq().SeqNo+1 || branch(again) == branch(req) || string(again.Body()) != string(first.Body()) {
							t.Errorf("sent again as %s, after %s", again, req)
						}
						for _, name := range []string{"Content-Type", "Reason", "Session-Expires", "Min-SE", "Contact", "Supported"} {
							if had, has := first.GetHeader(name), again.GetHeader(name); (had == nil) != (has == nil) || had != nil && had.Value() != has.Value() {
								t.Errorf("%s is %v, was %v", name, has, had)
							}
						}
						for field, nonce := range nonces {
							p := proof(t, again, field, map[string]string{"Authorization": "s", "Proxy-Authorization": "p"}[field])
							uses[nonce]++
							if p["nonce"] != nonce || p["nc"] != fmt.Sprintf("%08x", uses[nonce]) {
								t.Errorf("%s carries %v, want nonce %s for the %d. time", field, p, nonce, uses[nonce])
							}
						}
						req = again
					}
					b.peer.answer(req, 200, "OK", "a", "", "Session-Expires: 600;refresher=uac")
					if r.after != nil {
						r.after(b, s)
					}
					if r.method != sipmsg.BYE {
						b.over(s, &peerDialog{inv: inv, tag: "a", seq: 100})
					} else if o := b.ended(s); o.By != sip.EndedLocal || o.Err != nil {
						t.Errorf("outcome %+v", o)
					}
					if strings.Contains(b.log.String(), "BYE was refused") {
						t.Errorf("logged %s", b.log)
					}
				})
			})
		}
	}
}

// A PRACK without a response leaves the far end repeating its 183, and failing the call.
func TestPrackIsAuthenticated(t *testing.T) {
	for _, code := range []int{401, 407} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				asks, gives := "WWW-Authenticate", "Authorization"
				if code == 407 {
					asks, gives = "Proxy-Authenticate", "Proxy-Authorization"
				}
				s := b.call(withCredentials)
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 183, "Session Progress", "a", sdp, "Require: 100rel", "RSeq: 41")
				event[sip.Progress](b, s)
				prack := b.peer.request(sipmsg.PRACK)
				for i, challenge := range []string{`nonce="n"`, `nonce="n2", stale=true`, `nonce="n3", stale=true`} {
					b.peer.answer(prack, code, "Login", "a", "", asks+`: Digest realm="r", qop="auth", `+challenge)
					b.peer.answer(inv, 183, "Session Progress", "a", sdp, "Require: 100rel", "RSeq: 41") // it is repeated meanwhile
					again := b.peer.request(sipmsg.PRACK)
					p := proof(t, again, gives, "r")
					if again.GetHeader("RAck").Value() != "41 1 INVITE" || again.CSeq().SeqNo != prack.CSeq().SeqNo+1 || p["nc"] != "00000001" {
						t.Errorf("challenge %d is answered with %s", i, again)
					}
					prack = again
				}
				b.peer.answer(prack, 200, "OK", "a", "")
				b.peer.answer(inv, 200, "OK", "a", "")
				b.peer.request(sipmsg.ACK)
				event[sip.Answered](b, s)
				s.Hangup(sip.Cause{})
				bye := b.peer.request(sipmsg.BYE)
				if p := proof(t, bye, gives, "r"); p["nonce"] != "n3" || p["nc"] != "00000002" || bye.CSeq().SeqNo != prack.CSeq().SeqNo+1 {
					t.Errorf("BYE %s", bye)
				}
				b.peer.answer(bye, 200, "OK", "a", "")
				b.ended(s)
			})
		})
	}
}

// A PRACK that is challenged after the 200 has come goes on in the dialog that is now
// up, with its numbers.
func TestPrackThatIsChallengedAfterTheAnswer(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "", "Require: 100rel", "RSeq: 1")
		prack := b.peer.request(sipmsg.PRACK)
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Progress](b, s)
		event[sip.Answered](b, s)
		s.Info("text/plain", []byte("x"))
		info := b.peer.request(sipmsg.INFO)
		b.peer.answer(prack, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		again := b.peer.request(sipmsg.PRACK)
		if again.CSeq().SeqNo != info.CSeq().SeqNo+1 || again.GetHeader("RAck").Value() != "1 1 INVITE" {
			t.Errorf("PRACK %s after %s", again, info)
		}
		b.peer.answer(again, 200, "OK", "a", "")
		b.peer.answer(info, 200, "OK", "a", "")
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}

// Whoever is cancelled needs no PRACK any more.
func TestPrackThatIsChallengedAfterTheHangup(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "", "Require: 100rel", "RSeq: 1")
		prack := b.peer.request(sipmsg.PRACK)
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		cancel := b.peer.request(sipmsg.CANCEL)
		b.peer.answer(prack, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		b.peer.silent(100 * time.Millisecond)
		b.peer.answer(cancel, 200, "OK", "a", "")
		b.peer.answer(inv, 487, "Request Terminated", "a", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
	})
}

// Each realm challenges once: proxies in a row, several in one answer, and
// the server behind them.
func TestChallengesAreCountedPerRealm(t *testing.T) {
	type answer struct {
		code   int
		fields []string
	}
	www := func(realm, more string) string {
		return `WWW-Authenticate: Digest realm="` + realm + `", qop="auth", nonce=` + more
	}
	proxy := func(realm, more string) string {
		return "Proxy-Authenticate" + www(realm, more)[len("WWW-Authenticate"):]
	}
	for _, c := range []struct {
		name    string
		answers []answer
		last    []string // fields and realms of the credentials in the last INVITE
		by      sip.EndedBy
	}{
		{"three in a row", []answer{{407, []string{proxy("one", `"a"`)}}, {407, []string{proxy("two", `"b"`)}}, {401, []string{www("three", `"c"`)}}},
			[]string{"Proxy-Authorization one", "Proxy-Authorization two", "Authorization three"}, sip.EndedRemote},
		{"three at once", []answer{{401, []string{proxy("one", `"a"`), proxy("two", `"b"`), www("three", `"c"`)}}},
			[]string{"Proxy-Authorization one", "Proxy-Authorization two", "Authorization three"}, sip.EndedRemote},
		{"two in one field", []answer{{407, []string{proxy("one", `"a"`) + `, Digest realm="two", nonce="b", qop="auth"`}}},
			[]string{"Proxy-Authorization one", "Proxy-Authorization two"}, sip.EndedRemote},
		{"proxy and server of one name", []answer{{407, []string{proxy("one", `"a"`)}}, {401, []string{www("one", `"a"`)}}},
			[]string{"Proxy-Authorization one", "Authorization one"}, sip.EndedRemote},
		{"the first is stale by the time that the third asks", []answer{{407, []string{proxy("one", `"a"`)}}, {407, []string{proxy("two", `"b"`)}}, {407, []string{proxy("one", `"a2", stale=true`)}}, {401, []string{www("three", `"c"`)}}, {407, []string{proxy("two", `"b2", stale=true`)}}},
			[]string{"Proxy-Authorization one", "Proxy-Authorization two", "Authorization three"}, sip.EndedRemote},
		{"nonces that are good once and say nothing of it", []answer{{407, []string{proxy("one", `"a"`)}}, {401, []string{www("two", `"b"`)}}, {407, []string{proxy("one", `"a2"`)}}},
			[]string{"Proxy-Authorization one", "Authorization two"}, sip.EndedRemote},
		{"the second refuses", []answer{{407, []string{proxy("one", `"a"`)}}, {401, []string{www("two", `"b"`)}}, {401, []string{www("two", `"c"`)}}},
			[]string{"Proxy-Authorization one", "Authorization two"}, sip.EndedCredentialsRefused},
		{"one refuses while another asks for the first time", []answer{{407, []string{proxy("one", `"a"`)}}, {407, []string{proxy("one", `"a2"`), proxy("two", `"b"`)}}},
			[]string{"Proxy-Authorization one"}, sip.EndedCredentialsRefused},
		{"stale, and then refused", []answer{{401, []string{www("one", `"a"`)}}, {401, []string{www("one", `"b", stale=true`)}}, {401, []string{www("one", `"c"`)}}},
			[]string{"Authorization one"}, sip.EndedCredentialsRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(withCredentials)
				inv := b.peer.request(sipmsg.INVITE)
				for i, a := range c.answers {
					b.peer.answer(inv, a.code, "Login", "x", "", a.fields...)
					ack := b.peer.request(sipmsg.ACK)
					if len(ack.GetHeaders("Authorization")) != len(inv.GetHeaders("Authorization")) || len(ack.GetHeaders("Proxy-Authorization")) != len(inv.GetHeaders("Proxy-Authorization")) {
						t.Errorf("the ACK has not the credentials of its INVITE (RFC 3261 §22.1): %s", ack)
					}
					if i == len(c.answers)-1 && c.by != sip.EndedRemote {
						break
					}
					inv = b.peer.request(sipmsg.INVITE)
				}
				if n := len(inv.GetHeaders("Authorization")) + len(inv.GetHeaders("Proxy-Authorization")); n != len(c.last) {
					t.Errorf("%d credentials in %s", n, inv)
				}
				for _, l := range c.last {
					field, realm, _ := strings.Cut(l, " ")
					proof(t, inv, field, realm)
				}
				if c.by == sip.EndedRemote {
					b.peer.answer(inv, 486, "Busy", "x", "")
					b.peer.request(sipmsg.ACK)
				}
				if o := b.ended(s); o.By != c.by || !o.Credentials {
					t.Errorf("outcome %+v, want %s", o, c.by)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

// A far end that calls every nonce stale is left after some tries, for the next
// target if there is one, and has never refused the credentials.
func TestNonceThatIsAlwaysStale(t *testing.T) {
	stale := func(b *bench, req *sipmsg.Request, n int) {
		b.peer.answer(req, 407, "Login", "a", "", fmt.Sprintf(`Proxy-Authenticate: Digest realm="r", nonce="n%d", stale=true`, n))
	}
	for _, targets := range [][]string{{peerAddr}, {peerAddr, nextAddr}} {
		t.Run(fmt.Sprint("INVITE ", len(targets)), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				next := newPeer(t, b.net.listen(nextAddr))
				s := b.call(withCredentials, func(o *sip.Outgoing) { o.Trunk.Targets = targets })
				n := 0
				for ; n < 100; n++ {
					m := b.peer.read(100 * time.Millisecond)
					if m == nil {
						break
					}
					stale(b, m.(*sipmsg.Request), n)
					b.peer.request(sipmsg.ACK)
				}
				if n < 5 || n > 12 {
					t.Errorf("%d INVITEs", n)
				}
				if len(targets) == 2 {
					inv := next.request(sipmsg.INVITE)
					if inv.GetHeader("Proxy-Authorization") != nil {
						t.Error("the credentials for one target went to another")
					}
					next.answer(inv, 486, "Busy", "a", "")
					next.request(sipmsg.ACK)
					if o := b.ended(s); o.By != sip.EndedRemote || o.Code != 486 || len(o.Attempts) != 2 || o.Credentials {
						t.Errorf("outcome %+v", o)
					}
				} else if o := b.ended(s); o.By != sip.EndedStaleNonce || o.Code != 407 || o.Err != nil {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
	t.Run("BYE", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s, _ := b.up(withCredentials)
			s.Hangup(sip.Cause{})
			n := 0
			for ; n < 100; n++ {
				m := b.peer.read(time.Minute)
				if m == nil {
					break
				}
				stale(b, m.(*sipmsg.Request), n)
			}
			if n < 5 || n > 12 {
				t.Errorf("%d BYEs", n)
			}
			if o := b.ended(s); o.By != sip.EndedLocal {
				t.Errorf("outcome %+v", o)
			}
			if !strings.Contains(b.log.String(), "a BYE was refused: the far end may go on with the call") || !strings.Contains(b.log.String(), s.CallID()) {
				t.Errorf("logged %q", b.log)
			}
		})
	})
}

// A nonce that was good has run out, though the far end does not say stale: it is
// replaced once. A second one is a refusal, and the call ends all the same.
func TestNonceThatRanOutWithoutAWord(t *testing.T) {
	for _, then := range []int{200, 407} {
		inBubble(t, nil, func(b *bench) {
			s := b.call(withCredentials)
			b.peer.answer(b.peer.request(sipmsg.INVITE), 407, "Login", "x", "", `Proxy-Authenticate: Digest realm="fritz.box", nonce="1"`)
			b.peer.request(sipmsg.ACK)
			b.peer.answer(b.peer.request(sipmsg.INVITE), 200, "OK", "a", sdp)
			b.peer.request(sipmsg.ACK)
			event[sip.Answered](b, s)
			s.Hangup(sip.Cause{})
			b.peer.answer(b.peer.request(sipmsg.BYE), 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="fritz.box", nonce="2"`)
			bye := b.peer.request(sipmsg.BYE)
			if p := proof(t, bye, "Proxy-Authorization", "fritz.box"); p["nonce"] != "2" {
				t.Errorf("BYE %s", bye)
			}
			b.peer.answer(bye, then, "x", "a", "", `Proxy-Authenticate: Digest realm="fritz.box", nonce="3"`)
			b.ended(s)
			b.peer.silent(time.Minute)
			if refused := strings.Contains(b.log.String(), "BYE was refused"); refused != (then == 407) {
				t.Errorf("logged %q", b.log)
			}
		})
	}
}

// Two requests carry the same nonce, and each is given another: the second challenge
// is no refusal of what the first one led to.
func TestRequestsThatAreChallengedAtTheSameTime(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "", `WWW-Authenticate: Digest realm="r", qop="auth", nonce="1"`)
		b.peer.request(sipmsg.ACK)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		var infos []*sipmsg.Request
		for i := range 3 {
			s.Info("text/plain", []byte{byte('a' + i)})
			infos = append(infos, b.peer.request(sipmsg.INFO))
			if p := proof(t, infos[i], "Authorization", "r"); p["nc"] != fmt.Sprintf("%08x", i+2) {
				t.Errorf("INFO %d has nc %s", i, p["nc"])
			}
		}
		for i, info := range infos {
			b.peer.answer(info, 401, "Login", "a", "", fmt.Sprintf(`WWW-Authenticate: Digest realm="r", qop="auth", nonce="%d"`, 10+i))
			again := b.peer.request(sipmsg.INFO)
			if p := proof(t, again, "Authorization", "r"); p["nonce"] != fmt.Sprint(10+i) || string(again.Body()) != string(info.Body()) {
				t.Errorf("INFO %s", again)
			}
			b.peer.answer(again, 200, "OK", "a", "")
		}
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}

// CANCEL cannot be challenged (RFC 3261 §22.1): it has the CSeq number of its INVITE,
// and what is answered to it says nothing.
func TestCancelThatIsChallenged(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 407, "Login", "x", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		b.peer.request(sipmsg.ACK)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		cancel := b.peer.request(sipmsg.CANCEL)
		if cancel.GetHeader("Proxy-Authorization") != nil || cancel.GetHeader("Require") != nil {
			t.Errorf("CANCEL %s", cancel)
		}
		b.peer.answer(cancel, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="m"`)
		b.peer.silent(time.Second)
		b.peer.answer(inv, 200, "OK", "a", sdp) // it was not carried out
		if ack := b.peer.request(sipmsg.ACK); proof(t, inv, "Proxy-Authorization", "r")["response"] == "" || ack.GetHeader("Proxy-Authorization").Value() != inv.GetHeader("Proxy-Authorization").Value() {
			t.Errorf("the ACK has other credentials than its INVITE: %s", ack)
		}
		bye := b.peer.request(sipmsg.BYE)
		proof(t, bye, "Proxy-Authorization", "r")
		b.peer.answer(bye, 200, "OK", "a", "")
		b.ended(s)
	})
}

// A challenge that meets our hang-up is answered no more.
func TestInviteThatIsChallengedAfterTheHangup(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		inv := b.peer.request(sipmsg.INVITE)
		s.Hangup(sip.Cause{})
		synctest.Wait()
		b.peer.answer(inv, 407, "Login", "x", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.By != sip.EndedLocal || o.Err != nil {
			t.Errorf("outcome %+v", o)
		}
		b.peer.silent(time.Minute)
	})
}

// A surplus leg is billed as well: its BYE is authenticated, whether
// the session lives, is over, or was over when the leg answered.
func TestByeOfAFurtherLegIsAuthenticated(t *testing.T) {
	for _, when := range []string{"during the call", "after the call", "answered after the call"} {
		t.Run(when, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s, d := b.up(withCredentials)
				if when == "answered after the call" {
					b.over(s, d)
				}
				b.peer.answer(d.inv, 200, "OK", "b", sdp)
				b.peer.request(sipmsg.ACK)
				bye := b.peer.request(sipmsg.BYE)
				if when == "after the call" {
					b.over(s, d)
				}
				for _, challenge := range []string{`nonce="n"`, `nonce="m", stale=true`} {
					b.peer.answer(bye, 407, "Login", "b", "", `Proxy-Authenticate: Digest realm="r", `+challenge)
					again := b.peer.request(sipmsg.BYE)
					proof(t, again, "Proxy-Authorization", "r")
					if again.To().Params.GetOr("tag", "") != "b" || again.CSeq().SeqNo != bye.CSeq().SeqNo+1 {
						t.Errorf("BYE %s", again)
					}
					bye = again
				}
				b.peer.answer(bye, 200, "OK", "b", "")
				if when == "during the call" {
					b.over(s, d)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

// Only a Call-ID of ours names credentials: no other has any sent.
func TestCredentialsAreForOurCallsAlone(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		s, d := b.up(withCredentials)
		_, number, found := strings.Cut(s.CallID(), ".")
		if !found {
			t.Fatalf("Call-ID %s names no login", s.CallID())
		}
		b.over(s, d)
		// An unknown far end calls us under a Call-ID with that number, has us send a
		// re-INVITE, and answers it when the call is over.
		raw := strings.Replace(invite("1"), "Call-ID: ", "Call-ID: x.", 1)
		raw = strings.Replace(raw, "\r\nCSeq", "."+number+"\r\nCSeq", 1)
		inv := mustRequest(raw)
		inv.RemoveHeader("Call-ID")
		id := sipmsg.CallIDHeader("x." + number)
		inv.AppendHeader(&id)
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(reply(inv, res, "ACK"))
		in := taken.next()
		event[sip.Answered](b, in)
		in.Reoffer([]byte(held))
		re := b.peer.request(sipmsg.INVITE)
		b.peer.send(reply(inv, res, "BYE"))
		b.peer.response(200, sipmsg.BYE)
		b.ended(in)
		b.peer.answer(re, 200, "OK", inv.From().Params.GetOr("tag", ""), sdp)
		b.peer.request(sipmsg.ACK)
		bye := b.peer.request(sipmsg.BYE)
		b.peer.answer(bye, 401, "Login", inv.From().Params.GetOr("tag", ""), "", `WWW-Authenticate: Digest realm="r", nonce="n"`)
		b.peer.silent(time.Minute)
	})
}

// A nextnonce is used, with a count of its own.
func TestNextNonce(t *testing.T) {
	const (
		www   = `WWW-Authenticate: Digest realm="s", qop="auth", nonce="w1"`
		proxy = `Proxy-Authenticate: Digest realm="p", qop="auth", nonce="p1"`
		other = `Proxy-Authenticate: Digest realm="q", qop="auth", nonce="q1"`
	)
	for _, c := range []struct {
		name       string
		challenges []string
		info       []string // of the 200; cnonce(REALM) is that of the credentials for it
		want       map[string]string
	}{
		{"server", []string{www}, []string{`Authentication-Info: nextnonce="w2"`}, map[string]string{"s": "w2 1"}},
		{"server, in full", []string{www}, []string{`Authentication-Info: qop=auth, rspauth="x", cnonce="cnonce(s)", nc=00000001, nextnonce="w2"`}, map[string]string{"s": "w2 1"}},
		{"proxy", []string{www, proxy}, []string{`Proxy-Authentication-Info: nextnonce="p2"`}, map[string]string{"s": "w1 2", "p": "p2 1"}},
		{"both", []string{www, proxy}, []string{`Authentication-Info: nextnonce="w2"`, `Proxy-Authentication-Info: nextnonce="p2"`}, map[string]string{"s": "w2 1", "p": "p2 1"}},
		{"one proxy of two", []string{proxy, other}, []string{`Proxy-Authentication-Info: nextnonce="q2", cnonce="cnonce(q)"`}, map[string]string{"p": "p1 2", "q": "q2 1"}},
		{"two proxies, and it is not known which", []string{proxy, other}, []string{`Proxy-Authentication-Info: nextnonce="x"`}, map[string]string{"p": "p1 2", "q": "q1 2"}},
		{"of another request", []string{www}, []string{`Authentication-Info: nextnonce="x", cnonce="other"`}, map[string]string{"s": "w1 2"}},
		{"the same", []string{www}, []string{`Authentication-Info: nextnonce="w1"`}, map[string]string{"s": "w1 2"}},
		{"none", []string{www}, []string{`Authentication-Info: rspauth="x"`}, map[string]string{"s": "w1 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(withCredentials)
				b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "", c.challenges...)
				b.peer.request(sipmsg.ACK)
				inv := b.peer.request(sipmsg.INVITE)
				field := func(realm string) string {
					if realm == "s" {
						return "Authorization"
					}
					return "Proxy-Authorization"
				}
				info := strings.Join(c.info, "\n")
				for realm := range c.want {
					info = strings.ReplaceAll(info, "cnonce("+realm+")", proof(t, inv, field(realm), realm)["cnonce"])
				}
				for range 2 { // a copy changes nothing
					b.peer.answer(inv, 200, "OK", "a", sdp, strings.Split(info, "\n")...)
					b.peer.request(sipmsg.ACK)
				}
				event[sip.Answered](b, s)
				s.Info("text/plain", []byte("x"))
				req := b.peer.request(sipmsg.INFO)
				for realm, want := range c.want {
					p := proof(t, req, field(realm), realm)
					if got := p["nonce"] + " " + strings.TrimLeft(p["nc"], "0"); got != want {
						t.Errorf("realm %s has %s, want %s", realm, got, want)
					}
				}
				// A nonce that was handed over may have run out: that is no refusal.
				for realm := range c.want {
					asks := map[string]string{"Authorization": "WWW-Authenticate", "Proxy-Authorization": "Proxy-Authenticate"}[field(realm)]
					b.peer.answer(req, 401, "Login", "a", "", asks+`: Digest realm="`+realm+`", qop="auth", nonce="new"`)
					req = b.peer.request(sipmsg.INFO)
					if p := proof(t, req, field(realm), realm); p["nonce"] != "new" {
						t.Errorf("INFO %s", req)
					}
				}
				b.peer.answer(req, 200, "OK", "a", "")
				b.over(s, &peerDialog{inv: inv, tag: "a"})
			})
		})
	}
}

// The key of a session algorithm is made of the first nonce and cnonce, and stays
// until the next challenge (RFC 7616 §3.4.2): servers that keep it and servers that
// make it of each request find the same.
func TestSessionKeyStays(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "", `WWW-Authenticate: Digest realm="r", qop="auth", nonce="1", algorithm=SHA-256-sess`)
		b.peer.request(sipmsg.ACK)
		inv := b.peer.request(sipmsg.INVITE)
		first := proof(t, inv, "Authorization", "r")
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		s.Info("text/plain", []byte("x"))
		info := b.peer.request(sipmsg.INFO)
		if p := proof(t, info, "Authorization", "r"); p["cnonce"] != first["cnonce"] || p["nc"] != "00000002" {
			t.Errorf("INFO %v, INVITE %v", p, first)
		}
		b.peer.answer(info, 401, "Login", "a", "", `WWW-Authenticate: Digest realm="r", qop="auth", nonce="2", algorithm=SHA-256-sess, stale=true`)
		info = b.peer.request(sipmsg.INFO)
		if p := proof(t, info, "Authorization", "r"); p["cnonce"] == first["cnonce"] {
			t.Error("the challenge begins no session of its own")
		}
		b.peer.answer(info, 200, "OK", "a", "")
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}

// An unsupported challenge is no refusal of credentials, and nothing is sent for it.
func TestUnsupportedChallenge(t *testing.T) {
	const known = "; Digest with MD5, SHA-256, SHA-512-256 and qop auth or auth-int can"
	var many []string
	for i := range 9 {
		many = append(many, fmt.Sprintf(`Proxy-Authenticate: Digest realm="%d", nonce="n"`, i))
	}
	for _, c := range []struct {
		fields  []string
		want    string
		invites int
	}{
		{nil, "asks for credentials with a 407 that has no challenge", 1},
		{[]string{`Proxy-Authenticate: Basic realm="x"`}, "asks for credentials that cannot be given: Basic" + known, 1},
		{[]string{`Proxy-Authenticate: Negotiate, NTLM`, "WWW-Authenticate: NTLM"}, "asks for credentials that cannot be given: NTLM, Negotiate" + known, 1},
		{[]string{`WWW-Authenticate: Digest realm="ims", nonce="n", algorithm=AKAv1-MD5`}, `asks for credentials (realm "ims") that cannot be given: Digest with algorithm AKAv1-MD5` + known, 1},
		{[]string{`WWW-Authenticate: Digest realm="r", nonce="n", qop="auth-conf"`}, `asks for credentials (realm "r") that cannot be given: Digest with qop auth-conf` + known, 1},
		{[]string{`WWW-Authenticate: Digest realm="r"`}, `asks for credentials (realm "r") that cannot be given: Digest without a nonce` + known, 1},
		{many, "asks for credentials of more than 8 realms", 1},
		{[]string{`WWW-Authenticate: Digest nonce="n"`}, "refused the credentials, and its challenge names no realm, which credentials are made for (RFC 7616 §3.3)", 2},
		{[]string{`WWW-Authenticate: Digest realm="r", nonce="n"`}, "", 2},
	} {
		t.Run(c.want, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(withCredentials)
				for range c.invites {
					b.peer.answer(b.peer.request(sipmsg.INVITE), 407, "Proxy Authentication Required", "x", "", c.fields...)
					b.peer.request(sipmsg.ACK)
				}
				got := ""
				o := b.ended(s)
				if o.Err != nil {
					got = o.Err.Error()
				}
				if o.By != sip.EndedCredentialsRefused || got != c.want {
					t.Errorf("outcome %+v\nwant %s", o, c.want)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

// An INVITE that is challenged after it rang reliably begins anew: so do the numbers
// of what comes reliably, and its CSeq number is above those of the PRACKs.
func TestInviteThatIsChallengedAfterItRang(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(withCredentials)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 183, "Session Progress", "a", "", "Require: 100rel", "RSeq: 500")
		prack := b.peer.request(sipmsg.PRACK)
		b.peer.answer(prack, 200, "OK", "a", "")
		b.peer.answer(inv, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		b.peer.request(sipmsg.ACK)
		inv = b.peer.request(sipmsg.INVITE)
		if inv.CSeq().SeqNo <= prack.CSeq().SeqNo {
			t.Errorf("INVITE %d after PRACK %d", inv.CSeq().SeqNo, prack.CSeq().SeqNo)
		}
		b.peer.answer(inv, 180, "Ringing", "a", "", "Require: 100rel", "RSeq: 7")
		prack = b.peer.request(sipmsg.PRACK)
		if want := fmt.Sprintf("7 %d INVITE", inv.CSeq().SeqNo); prack.GetHeader("RAck").Value() != want {
			t.Errorf("PRACK %s, want RAck %s", prack, want)
		}
		b.peer.answer(prack, 200, "OK", "a", "")
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Progress](b, s)
		event[sip.Progress](b, s)
		event[sip.Answered](b, s)
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}
