package main_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Secrets of the services, which must stay between them and Ringflow.
const (
	shopSecret = "shop-s3cret-token"
	orgToken   = "org-s3cret-token"
)

// shop is the service that execute_action asks: real HTTP on loopback, its
// first answer a 503, as a service says that is being deployed.
type shop struct {
	*httptest.Server
	mu    sync.Mutex // guards asked
	asked []string   // what came: method, address, and what it was answered
}

func newShop(t *testing.T) *shop {
	s := &shop{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := http.StatusOK
	switch {
	case r.Header.Get("Authorization") != "Bearer "+shopSecret:
		status = http.StatusUnauthorized
	case len(s.asked) == 0:
		status = http.StatusServiceUnavailable
	}
	s.asked = append(s.asked, fmt.Sprintf("%s %s %d", r.Method, r.URL, status))
	w.WriteHeader(status)
	fmt.Fprint(w, `{"days_since_due": 3}`)
}

// org is what salesforce_data_dip asks: a token endpoint that wants an
// assertion signed with the key, and a query endpoint whose first page is empty.
type org struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu            sync.Mutex // guards what follows
	queries       []string
	tokenRequests int
	refused       []string // why, what was refused
}

func newOrg(t *testing.T) *org {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := &org{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/oauth2/token", o.logIn)
	mux.HandleFunc("GET /services/data/v60.0/query", o.query)
	mux.HandleFunc("GET /services/data/v60.0/query/next", o.next)
	o.Server = httptest.NewServer(mux)
	t.Cleanup(o.Close)
	return o
}

// pem is the private key as key_file wants it.
func (o *org) pem(t *testing.T) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(o.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func (o *org) logIn(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var claims jwt.Claims
	token, err := jwt.ParseSigned(r.FormValue("assertion"), []jose.SignatureAlgorithm{jose.RS256})
	if err == nil {
		err = token.Claims(&o.key.PublicKey, &claims)
	}
	if err == nil {
		err = claims.Validate(jwt.Expected{Issuer: "ringflow-app", Subject: "flows@example.com", AnyAudience: jwt.Audience{o.URL}, Time: time.Now()})
	}
	if err != nil || r.FormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		o.refused = append(o.refused, fmt.Sprintf("grant type %q: %v", r.FormValue("grant_type"), err))
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error": "invalid_grant"}`)
		return
	}
	o.tokenRequests++
	json.NewEncoder(w).Encode(map[string]string{"access_token": orgToken, "instance_url": o.URL, "token_type": "Bearer"})
}

func (o *org) query(w http.ResponseWriter, r *http.Request) {
	if !o.admits(w, r) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queries = append(o.queries, r.FormValue("q"))
	fmt.Fprint(w, `{"totalSize": 1, "done": false, "nextRecordsUrl": "/services/data/v60.0/query/next", "records": []}`)
}

func (o *org) next(w http.ResponseWriter, r *http.Request) {
	if o.admits(w, r) {
		fmt.Fprint(w, `{"totalSize": 1, "done": true, "records": [{"Name": "Ann"}]}`)
	}
}

func (o *org) admits(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Authorization") == "Bearer "+orgToken {
		return true
	}
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprint(w, `[{"errorCode": "INVALID_SESSION_ID"}]`)
	return false
}
