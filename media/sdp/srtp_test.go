package sdp_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"ringflow/media/sdp"
)

// theirKey is a key of the far end with so many bytes, as base64.
func theirKey(bytes int) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", bytes)))
}

// secured is our side under a policy, with a key of each suite.
func secured(p sdp.SRTPPolicy) sdp.Local {
	l := us
	l.SRTP = p
	l.Crypto = sdp.NewCrypto([]sdp.Suite{sdp.AESCM128HMAC80, sdp.AESGCM256, sdp.AESGCM128, sdp.AESCM256HMAC80})
	return l
}

const (
	avp  = "m=audio 4000 RTP/AVP 0"
	savp = "m=audio 4000 RTP/SAVP 0"
)

func crypto(tag int, suite sdp.Suite, keyAndMore string) string {
	return fmt.Sprintf("a=crypto:%d %s inline:%s", tag, suite, keyAndMore)
}

// TestOffersOfEachPolicy: required is RTP/SAVP, optional RTP/AVP with crypto attributes
// (RFC 8643), off has none.
func TestOffersOfEachPolicy(t *testing.T) {
	for policy, want := range map[sdp.SRTPPolicy]string{
		"":               "m=audio 20000 RTP/AVP ",
		sdp.SRTPOff:      "m=audio 20000 RTP/AVP ",
		sdp.SRTPOptional: "m=audio 20000 RTP/AVP ",
		sdp.SRTPRequired: "m=audio 20000 RTP/SAVP ",
	} {
		l := secured(policy)
		offer := string(sdp.Offer(l))
		if !strings.Contains(offer, want) {
			t.Errorf("%q: the offer is %q, want %q in it", policy, offer, want)
		}
		encrypted := policy == sdp.SRTPOptional || policy == sdp.SRTPRequired
		media, err := sdp.Parse([]byte(offer))
		if err != nil || len(media) != 1 {
			t.Fatalf("%q: %v", policy, err)
		}
		if encrypted && !slices.Equal(media[0].Crypto, l.Crypto) {
			t.Errorf("%q: the offer has %d crypto attributes, want ours", policy, len(media[0].Crypto))
		}
		if !encrypted && strings.Contains(offer, "crypto") {
			t.Errorf("%q: the offer has a crypto attribute", policy)
		}
	}
}

// TestAnswersToSRTP is what an answer to our offer may have, under each policy.
func TestAnswersToSRTP(t *testing.T) {
	good := crypto(1, sdp.AESCM128HMAC80, theirKey(30))
	for _, x := range []struct {
		name  string
		lines []string
		mki   string
		suite sdp.Suite // agreed on, empty: none
		says  string    // of the error, in words
	}{
		{name: "the first suite", lines: []string{savp, good}, suite: sdp.AESCM128HMAC80},
		{name: "the second suite, key padded by ==", lines: []string{savp, crypto(2, sdp.AESGCM256, theirKey(44))}, suite: sdp.AESGCM256},
		{name: "AES-256 padded by ==", lines: []string{savp, crypto(4, sdp.AESCM256HMAC80, theirKey(46))}, suite: sdp.AESCM256HMAC80},
		{name: "AES-256 without padding", lines: []string{savp, crypto(4, sdp.AESCM256HMAC80, strings.TrimRight(theirKey(46), "="))}, suite: sdp.AESCM256HMAC80},
		{name: "the suite in lower case", lines: []string{savp, strings.Replace(good, "AES_CM", "aes_cm", 1)}, suite: sdp.AESCM128HMAC80},
		{name: "a lifetime", lines: []string{savp, good + "|2^31"}, suite: sdp.AESCM128HMAC80},
		{name: "a lifetime in digits", lines: []string{savp, good + "|1048576"}, suite: sdp.AESCM128HMAC80},
		{name: "lifetime and MKI", lines: []string{savp, good + "|2^48|1:4"}, mki: "\x00\x00\x00\x01", suite: sdp.AESCM128HMAC80},
		{name: "an MKI alone", lines: []string{savp, good + "|66051:3"}, mki: "\x01\x02\x03", suite: sdp.AESCM128HMAC80},
		{name: "a hint for the window", lines: []string{savp, good + " WSH=128 KDR=0 -X=1"}, suite: sdp.AESCM128HMAC80},
		{name: "the profile of RFC 8643", lines: []string{avp, good}, suite: sdp.AESCM128HMAC80},
		{name: "the feedback profile", lines: []string{"m=audio 4000 RTP/SAVPF 0", good}, suite: sdp.AESCM128HMAC80},

		{name: "RTP/SAVP without crypto", lines: []string{savp}, says: "without a crypto attribute"},
		{name: "another tag", lines: []string{savp, crypto(2, sdp.AESCM128HMAC80, theirKey(30))}, says: "tag 2 with AES_CM_128_HMAC_SHA1_80 was not offered"},
		{name: "a suite not offered", lines: []string{savp, crypto(1, sdp.AESCM128HMAC32, theirKey(30))}, says: "was not offered"},
		{name: "an unknown suite", lines: []string{savp, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + theirKey(30)}, says: `suite "F8_128_HMAC_SHA1_80" is not supported`},
		{name: "two suites", lines: []string{savp, good, crypto(2, sdp.AESGCM256, theirKey(44))}, says: "the answer has 2, want one"},
		{name: "a short key", lines: []string{savp, crypto(1, sdp.AESCM128HMAC80, theirKey(29))}, says: "have 29 bytes, want 30"},
		{name: "a long key", lines: []string{savp, crypto(1, sdp.AESCM128HMAC80, theirKey(46))}, says: "have 46 bytes, want 30"},
		{name: "no base64", lines: []string{savp, crypto(1, sdp.AESCM128HMAC80, strings.Repeat("!", 40))}, says: "not base64"},
		{name: "a short lifetime", lines: []string{savp, good + "|2^10"}, says: `serves for "2^10" packets`},
		{name: "no lifetime", lines: []string{savp, good + "|forever"}, says: `serves for "forever" packets`},
		{name: "an MKI too long", lines: []string{savp, good + "|1:129"}, says: "MKI"},
		{name: "an MKI that does not fit", lines: []string{savp, good + "|256:1"}, says: "MKI"},
		{name: "a negative MKI", lines: []string{savp, good + "|-1:4"}, says: "MKI"},
		{name: "something behind the MKI", lines: []string{savp, good + "|2^31|1:4|x"}, says: "follow its MKI"},
		{name: "several keys", lines: []string{savp, good + "|1:4;inline:" + theirKey(30) + "|2:4"}, says: "several keys"},
		{name: "another method", lines: []string{savp, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 prompt:" + theirKey(30)}, says: "not inline"},
		{name: "packets in clear", lines: []string{savp, good + " UNENCRYPTED_SRTP"}, says: "UNENCRYPTED_SRTP"},
		{name: "packets without authentication", lines: []string{savp, good + " UNAUTHENTICATED_SRTP"}, says: "UNAUTHENTICATED_SRTP"},
		{name: "a key derivation rate", lines: []string{savp, good + " KDR=24"}, says: "KDR=24"},
		{name: "a key for a suite", lines: []string{savp, "a=crypto:1 " + theirKey(30) + " x"}, says: "suite of 40 characters"},
		{name: "a key for a tag", lines: []string{savp, "a=crypto:" + theirKey(30) + " x x"}, says: "tag of 40 characters"},
		{name: "a key for an MKI", lines: []string{savp, good + "|2^31|" + theirKey(30)}, says: "MKI of 40 characters"},
		{name: "tag 0", lines: []string{savp, crypto(0, sdp.AESCM128HMAC80, theirKey(30))}, says: `tag "0"`},
		{name: "cut short", lines: []string{savp, "a=crypto:1 AES_CM_128_HMAC_SHA1_80"}, says: "want tag, suite and key"},
		{name: "DTLS", lines: []string{"m=audio 4000 UDP/TLS/RTP/SAVP 0", "a=fingerprint:sha-256 AB"}, says: "DTLS-SRTP"},
	} {
		t.Run(x.name, func(t *testing.T) {
			for _, policy := range []sdp.SRTPPolicy{sdp.SRTPRequired, sdp.SRTPOptional} {
				l := secured(policy)
				n, err := sdp.Accept(l, far(x.lines...))
				switch {
				case x.suite == "" && err == nil:
					t.Fatalf("%s: agreed on %q", policy, n.SRTP.Suite)
				case x.suite == "":
					if !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "kkkk") || strings.Contains(err.Error(), "a2tra2tr") {
						t.Errorf("%s: error %q, want %q in it and no key", policy, err, x.says)
					}
				case err != nil:
					t.Fatalf("%s: %v", policy, err)
				default:
					want := sdp.SRTP{Suite: x.suite, ReceiveMKI: x.mki}
					for _, c := range l.Crypto {
						if c.Suite == x.suite {
							want.Send = c.Key
							want.Receive = sdp.MasterKey(strings.Repeat("k", len(c.Key)))
						}
					}
					if n.SRTP != want {
						t.Errorf("%s: agreed on another suite, key or MKI than %s", policy, x.suite)
					}
				}
			}
		})
	}
}

// TestPlainAnswers: plain RTP is taken under optional alone, and not in a call that has
// agreed on SRTP.
func TestPlainAnswers(t *testing.T) {
	for _, protocol := range []string{avp, "m=audio 4000 RTP/AVPF 0"} {
		if _, err := sdp.Accept(secured(sdp.SRTPRequired), far(protocol)); !errors.Is(err, sdp.ErrPlain) {
			t.Errorf("required, %s: %v, want ErrPlain", protocol, err)
		}
		n, err := sdp.Accept(secured(sdp.SRTPOptional), far(protocol))
		if err != nil || n.SRTP.Encrypted() {
			t.Errorf("optional, %s: %v", protocol, err)
		}
		l := secured(sdp.SRTPOptional)
		l.Encrypted = true
		if _, err := sdp.Accept(l, far(protocol)); !errors.Is(err, sdp.ErrPlain) {
			t.Errorf("optional, after SRTP, %s: %v, want ErrPlain", protocol, err)
		}
	}
}

// TestOffersOfSRTP is what a far end may offer inside a call, and what we answer.
func TestOffersOfSRTP(t *testing.T) {
	good := crypto(7, sdp.AESCM128HMAC80, theirKey(30))
	other := "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + theirKey(30)
	for _, x := range []struct {
		name                    string
		lines                   []string
		off, optional, required any // an error, a suite, or "plain"
		agreed                  any // optional, in a call that has agreed on SRTP
		tag                     int
	}{
		{"plain", []string{avp}, "plain", "plain", sdp.ErrPlain, sdp.ErrPlain, 0},
		{"SAVP", []string{savp, good}, sdp.ErrEncrypted, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, 7},
		{"AVP with crypto", []string{avp, good}, "plain", sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, 7},
		{"SAVP without crypto", []string{savp}, sdp.ErrEncrypted, sdp.ErrCrypto, sdp.ErrCrypto, sdp.ErrCrypto, 0},
		{"SAVP with an unknown suite", []string{savp, other}, sdp.ErrEncrypted, sdp.ErrCrypto, sdp.ErrCrypto, sdp.ErrCrypto, 0},
		{"AVP with an unknown suite", []string{avp, other}, "plain", "plain", sdp.ErrCrypto, sdp.ErrCrypto, 0},
		{"an unknown suite first", []string{savp, other, good}, sdp.ErrEncrypted, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, 7},
		{"theirs in another order", []string{savp, crypto(9, sdp.AESGCM128, theirKey(28)), good}, sdp.ErrEncrypted, sdp.AESGCM128, sdp.AESGCM128, sdp.AESGCM128, 9},
		{"plain first, then SRTP", []string{avp, "m=audio 4002 RTP/SAVP 0", good}, "plain", sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, 7},
		{"SRTP first, then plain", []string{savp, good, "m=audio 4002 RTP/AVP 0"}, "plain", sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, sdp.AESCM128HMAC80, 7},
		{"DTLS", []string{"m=audio 4000 UDP/TLS/RTP/SAVPF 0"}, sdp.ErrDTLS, sdp.ErrDTLS, sdp.ErrDTLS, sdp.ErrDTLS, 0},
	} {
		agreed := secured(sdp.SRTPOptional)
		agreed.Encrypted = true
		for _, c := range []struct {
			local sdp.Local
			want  any
		}{{secured(sdp.SRTPOff), x.off}, {secured(sdp.SRTPOptional), x.optional}, {secured(sdp.SRTPRequired), x.required}, {agreed, x.agreed}} {
			t.Run(fmt.Sprintf("%s/%s/%t", x.name, c.local.SRTP, c.local.Encrypted), func(t *testing.T) {
				answer, n, err := sdp.Answer(far(x.lines...), c.local)
				switch want := c.want.(type) {
				case error:
					if !errors.Is(err, want) {
						t.Errorf("error %v, want %v", err, want)
					}
				case string:
					if err != nil || n.SRTP.Encrypted() || strings.Contains(string(answer), "crypto") {
						t.Errorf("%v, %q, want plain RTP", err, answer)
					}
				case sdp.Suite:
					if err != nil || n.SRTP.Suite != want || n.SRTP.Receive == "" {
						t.Fatalf("%v, suite %q, want %s", err, n.SRTP.Suite, want)
					}
					media, err := sdp.Parse(answer)
					if err != nil {
						t.Fatal(err)
					}
					i := slices.IndexFunc(media, func(m sdp.Media) bool { return m.Port != 0 })
					if got := media[i].Crypto; len(got) != 1 || got[0] != (sdp.Crypto{Tag: x.tag, Suite: want, Key: n.SRTP.Send}) {
						t.Errorf("the answer is %q, want our key for %s under tag %d", answer, want, x.tag)
					}
				}
			})
		}
	}
}

// TestOurOwnKeyIsRefused: an answer that repeats our key would put both directions under
// one.
func TestOurOwnKeyIsRefused(t *testing.T) {
	l := secured(sdp.SRTPRequired)
	echo := strings.ReplaceAll(string(sdp.Offer(l)), "203.0.113.7", "192.0.2.1")
	var lines []string
	for line := range strings.Lines(echo) {
		if !strings.HasPrefix(line, "a=crypto") || strings.HasPrefix(line, "a=crypto:1 ") {
			lines = append(lines, line)
		}
	}
	_, err := sdp.Accept(l, []byte(strings.Join(lines, "")))
	if !errors.Is(err, sdp.ErrCrypto) || !strings.Contains(err.Error(), "the one that we sent") {
		t.Errorf("%v, want a refusal of our own key", err)
	}
}

// TestKeysDoNotPrint: whatever prints what holds a key, the key is not in it.
func TestKeysDoNotPrint(t *testing.T) {
	key := sdp.MasterKey("0123456789abcdefSALTSALTSALTXY")
	for _, v := range []any{
		key, &key, sdp.Crypto{Key: key}, []sdp.Crypto{{Key: key}}, sdp.SRTP{Send: key, Receive: key},
		sdp.Negotiated{SRTP: sdp.SRTP{Send: key}}, sdp.Local{Crypto: []sdp.Crypto{{Key: key}}}, fmt.Errorf("wrong: %v", key),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
			checkHidden(t, fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			checkHidden(t, string(b))
		}
		var out strings.Builder
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		checkHidden(t, out.String())
	}
}

func checkHidden(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"0123456789", "SALTSALT", "30313233", "MDEyMzQ1"} {
		if strings.Contains(text, secret) {
			t.Fatalf("%s shows a key", text)
		}
	}
}

// TestKeysAreOfTheirOwn: no two keys are the same.
func TestKeysAreOfTheirOwn(t *testing.T) {
	seen := map[sdp.MasterKey]bool{}
	for range 100 {
		for _, c := range sdp.NewCrypto(sdp.Suites()) {
			key, salt := c.Key.Split(c.Suite)
			if seen[c.Key] || key == nil || salt == nil {
				t.Fatal("a key came twice, or has not its suite's length")
			}
			seen[c.Key] = true
		}
	}
}

// Whatever is offered where SRTP is required: it is refused, or answered with SRTP.
func FuzzCrypto(f *testing.F) {
	for _, more := range []string{"", "|2^31", "|2^20|1:4", "|1:128", " WSH=64", " KDR=0 -x", ";inline:"} {
		f.Add(crypto(1, sdp.AESCM128HMAC80, theirKey(30)+more))
		f.Add(crypto(123456789, sdp.AESGCM256, theirKey(44)+more))
	}
	l := secured(sdp.SRTPRequired)
	f.Fuzz(func(t *testing.T, line string) {
		answer, n, err := sdp.Answer(far(savp, line), l)
		if err != nil {
			return
		}
		key, _ := n.SRTP.Receive.Split(n.SRTP.Suite)
		if !n.SRTP.Encrypted() || key == nil || len(n.SRTP.ReceiveMKI) > 128 || !strings.Contains(string(answer), "a=crypto:") {
			t.Errorf("%q is answered %q, %+v", line, answer, n)
		}
	})
}
