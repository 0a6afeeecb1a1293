package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ringflow/internal/auth"
)

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const tokenURL = "https://ringflow.example/oauth/token"

type signer struct {
	algorithm jose.SignatureAlgorithm
	kid       string
	key       crypto.Signer
}

func signers(t testing.TB) map[string]signer {
	t.Helper()
	ec := func(c elliptic.Curve) crypto.Signer {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]signer{
		"second": {jose.ES256, "k-second", ec(elliptic.P256())},
		"ES256":  {jose.ES256, "k-ES256", ec(elliptic.P256())},
		"ES384":  {jose.ES384, "k-ES384", ec(elliptic.P384())},
		"RS256":  {jose.RS256, "k-RS256", rsaKey},
		"PS256":  {jose.PS256, "k-PS256", rsaKey},
	}
}

func publicPEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// anonymous signs without a kid.
func anonymous(s signer) signer {
	s.kid = ""
	return s
}

func sign(t testing.TB, s signer, claims any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if s.kid != "" {
		options = options.WithHeader("kid", s.kid)
	}
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: s.key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(js).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func signRaw(t testing.TB, s signer, payload string) string {
	t.Helper()
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: s.algorithm, Key: s.key}, (&jose.SignerOptions{}).WithHeader("kid", s.kid))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := js.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func assertion(text string) auth.Request {
	return auth.Request{GrantType: "client_credentials", AssertionType: jwtBearer, Assertion: text}
}

func keyed(t testing.TB, all map[string]signer) *auth.Issuer {
	t.Helper()
	client := auth.Client{ID: "robot", Account: "acme", Scopes: []string{auth.ScopeStart}}
	onlyRSA := auth.Client{ID: "rsa", Account: "acme"}
	for _, s := range all {
		key, err := auth.ParsePublicKey(s.kid, string(s.algorithm), publicPEM(t, s.key))
		if err != nil {
			t.Fatal(err)
		}
		client.Keys = append(client.Keys, key)
		if s.algorithm == jose.RS256 {
			onlyRSA.Keys = append(onlyRSA.Keys, key)
		}
	}
	return auth.NewIssuer(auth.IssuerConfig{
		Clients: auth.ClientList{"robot": client, "rsa": onlyRSA, "other": {ID: "other", Account: "b"}},
		Tokens:  newMemory(), Audiences: []string{tokenURL, "https://old.example/oauth/token"},
	})
}

func TestAssertion(t *testing.T) {
	all := signers(t)
	es := all["ES256"]
	synctest.Test(t, func(t *testing.T) {
		issuer := keyed(t, all)
		n := 0
		good := func() map[string]any {
			n++
			now := time.Now().Unix()
			return map[string]any{"iss": "robot", "sub": "robot", "aud": tokenURL, "jti": strings.Repeat("j", n), "iat": now, "exp": now + 300}
		}
		but := func(key string, value any) map[string]any {
			c := good()
			c[key] = value
			if value == nil {
				delete(c, key)
			}
			return c
		}
		in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
		ec256, rs := all["ES384"], all["RS256"]
		ec256.kid = es.kid
		rs.kid = "k-PS256"
		stranger := signers(t)["ES256"]
		unknownKey := es
		unknownKey.kid = "k-other"
		for _, c := range []struct {
			name   string
			text   string
			reason string // empty: a token
		}{
			{"ES256", sign(t, es, good()), ""},
			{"ES384", sign(t, all["ES384"], good()), ""},
			{"RS256", sign(t, all["RS256"], good()), ""},
			{"PS256", sign(t, all["PS256"], good()), ""},
			{"aud as a list", sign(t, es, but("aud", []string{"x", tokenURL})), ""},
			{"the other aud", sign(t, es, but("aud", "https://old.example/oauth/token")), ""},
			{"aud is what the request came to", sign(t, es, but("aud", "https://here.example")), ""},
			{"aud with a slash at the end", sign(t, es, but("aud", tokenURL+"/")), ""},
			{"the issuer with a slash at the end", sign(t, es, but("aud", "https://here.example/")), ""},
			{"aud with the port of https and capitals", sign(t, es, but("aud", "https://Here.example:443/oauth/token")), ""},
			{"the issuer in a list", sign(t, es, but("aud", []string{"https://here.example", tokenURL})), ""},
			{"no kid", sign(t, anonymous(es), good()), ""},
			{"no kid, the second key of the algorithm", sign(t, anonymous(all["second"]), good()), ""},
			{"no kid, RSA", sign(t, anonymous(all["PS256"]), good()), ""},
			{"no iat", sign(t, es, but("iat", nil)), ""},
			{"expired within the skew", sign(t, es, but("exp", in(-59*time.Second))), ""},
			{"iat ahead within the skew", sign(t, es, but("iat", in(59*time.Second))), ""},

			{"another aud", sign(t, es, but("aud", "https://elsewhere.example")), "aud"},
			{"aud of another path", sign(t, es, but("aud", "https://here.example/other")), "aud"},
			{"aud of another port", sign(t, es, but("aud", "https://here.example:8443")), "aud"},
			{"aud of another scheme", sign(t, es, but("aud", "http://here.example")), "aud"},
			{"aud with a query", sign(t, es, but("aud", "https://here.example?x=1")), "aud"},
			{"aud that only begins so", sign(t, es, but("aud", "https://here.example.evil.example")), "aud"},
			{"aud with two slashes at the end", sign(t, es, but("aud", "https://here.example//")), "aud"},
			{"empty list of aud", sign(t, es, but("aud", []string{})), "aud"},
			{"aud that is a number", sign(t, es, but("aud", 5)), "cannot be read"},
			{"no kid, key of a stranger", sign(t, anonymous(stranger), good()), "signature"},
			{"no kid, no key for the algorithm", sign(t, anonymous(es), map[string]any{"iss": "rsa", "sub": "rsa", "aud": tokenURL, "jti": "x", "exp": in(time.Minute)}), "no key for ES256"},
			{"no kid, no key at all", sign(t, anonymous(es), but("sub", "other")), "no key for ES256"},
			{"no aud", sign(t, es, but("aud", nil)), "aud"},
			{"iss of another", sign(t, es, but("iss", "other")), "iss and sub"},
			{"sub of another", sign(t, es, but("sub", "other")), "no key"},
			{"sub unknown", sign(t, es, but("sub", "nobody")), "no client"},
			{"no exp", sign(t, es, but("exp", nil)), "exp is missing"},
			{"expired", sign(t, es, but("exp", in(-2*time.Minute))), "exp has passed"},
			{"exp too far", sign(t, es, but("exp", in(20*time.Minute))), "more than 10 minutes"},
			{"iat in the future", sign(t, es, but("iat", in(2*time.Minute))), "iat is in the future"},
			{"life too long", sign(t, es, but("iat", in(-6*time.Minute))), "after iat"},
			{"nbf in the future", sign(t, es, but("nbf", in(2*time.Minute))), "nbf"},
			{"no jti", sign(t, es, but("jti", nil)), "jti is missing"},
			{"long jti", sign(t, es, but("jti", strings.Repeat("x", 257))), "jti is longer"},
			{"key of a stranger", sign(t, stranger, good()), "signature"},
			{"unknown kid", sign(t, unknownKey, good()), "no key"},
			{"algorithm of another key", sign(t, ec256, good()), "is for ES256"},
			{"RS256 by a key for PS256", sign(t, rs, good()), "is for PS256"},
			{"HMAC with the public key", hmacWithPublicKey(t, es, good()), "not a JWT signed with"},
			{"alg none", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb2JvdCJ9.", "not a JWT signed with"},
			{"garbage", "a.b.c", "not a JWT signed with"},
			{"endless", strings.Repeat("x", 9000), "longer"},
			{"claims that are no object", signRaw(t, es, `["x"]`), "cannot be read"},
		} {
			r := assertion(c.text)
			r.Audiences = []string{"https://here.example", "https://here.example/oauth/token"}
			_, err := issuer.Token(t.Context(), r)
			if c.reason == "" {
				if err != nil {
					t.Errorf("%s: refused: %v", c.name, err)
				}
				continue
			}
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != auth.InvalidClient || !strings.Contains(refusal.Reason, c.reason) {
				t.Errorf("%s: got %v, want invalid_client with %q", c.name, err, c.reason)
			}
		}
	})
}

// An attacker who knows the public key must not be able to use it as a shared
// secret.
func hmacWithPublicKey(t testing.TB, s signer, claims any) string {
	t.Helper()
	js, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: publicPEM(t, s.key)}, (&jose.SignerOptions{}).WithHeader("kid", s.kid))
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(js).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAssertionIsUsedOnce(t *testing.T) {
	all := signers(t)
	issuer := keyed(t, all)
	now := time.Now().Unix()
	claims := map[string]any{"iss": "robot", "sub": "robot", "aud": tokenURL, "jti": "once", "exp": now + 300}
	text := sign(t, all["ES256"], claims)
	taken := make(chan error, 16)
	for range cap(taken) {
		go func() {
			_, err := issuer.Token(t.Context(), assertion(text))
			taken <- err
		}()
	}
	tokens := 0
	for range cap(taken) {
		if err := <-taken; err == nil {
			tokens++
		} else if !strings.Contains(err.Error(), "jti has been used") {
			t.Error(err)
		}
	}
	if tokens != 1 {
		t.Errorf("%d tokens for one assertion", tokens)
	}
	if _, err := issuer.Token(t.Context(), assertion(sign(t, all["RS256"], claims))); err == nil {
		t.Error("the same jti in another assertion is taken")
	}
}

func TestRefusedAssertionIsNotSpent(t *testing.T) {
	all := signers(t)
	issuer := keyed(t, all)
	now := time.Now().Unix()
	bad := map[string]any{"iss": "robot", "sub": "robot", "aud": "x", "jti": "once", "exp": now + 300}
	if _, err := issuer.Token(t.Context(), assertion(sign(t, all["ES256"], bad))); err == nil {
		t.Fatal("a wrong aud is taken")
	}
	bad["aud"] = tokenURL
	if _, err := issuer.Token(t.Context(), assertion(sign(t, all["ES256"], bad))); err != nil {
		t.Errorf("the mended assertion is refused: %v", err)
	}
}

func TestParsePublicKey(t *testing.T) {
	all := signers(t)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(all["ES256"].key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, id, algorithm string
		data                []byte
		reason              string
	}{
		{"EC", "k", "ES256", publicPEM(t, all["ES256"].key), ""},
		{"RSA for PS256", "k", "PS256", publicPEM(t, all["RS256"].key), ""},
		{"PKCS #1", "k", "RS256", pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(all["RS256"].key.Public().(*rsa.PublicKey))}), ""},
		{"no id", "", "ES256", publicPEM(t, all["ES256"].key), "id is empty"},
		{"wrong curve", "k", "ES384", publicPEM(t, all["ES256"].key), "P-384"},
		{"EC for RS256", "k", "RS256", publicPEM(t, all["ES256"].key), "EC key"},
		{"HMAC", "k", "HS256", publicPEM(t, all["RS256"].key), "RS256 or PS256"},
		{"small", "k", "RS256", publicPEM(t, small), "1024 bits"},
		{"private", "k", "ES256", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), "private key"},
		{"no PEM", "k", "ES256", []byte("x"), "not PEM"},
		{"damaged", "k", "ES256", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1, 2}}), "public key k"},
	} {
		_, err := auth.ParsePublicKey(c.id, c.algorithm, c.data)
		if c.reason == "" && err != nil || c.reason != "" && (err == nil || !strings.Contains(err.Error(), c.reason)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.reason)
		}
	}
}

// FuzzAssertion holds that nothing but a signed assertion yields a token, and
// that nothing panics.
func FuzzAssertion(f *testing.F) {
	all := signers(f)
	issuer := keyed(f, all)
	now := time.Now().Unix()
	f.Add(sign(f, all["ES256"], map[string]any{"iss": "robot", "sub": "robot", "aud": "x", "jti": "once", "exp": now + 300}))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := issuer.Token(t.Context(), assertion(text)); err == nil {
			t.Fatalf("a token for %q", text)
		}
	})
}
