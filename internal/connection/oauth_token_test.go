package connection_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/connection"
)

// slowIdentity is a token endpoint that answers when it is let.
type slowIdentity struct {
	asked   chan struct{} // receives for each login that arrives
	release chan struct{} // a login that receives from it is answered
	gone    chan struct{} // receives for each login that was given up
}

func (s slowIdentity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/token" {
		w.Write([]byte(`{}`))
		return
	}
	r.ParseForm() // its body is read, so that the server sees the client go
	s.asked <- struct{}{}
	select {
	case <-s.release:
		w.Write([]byte(`{"access_token": "t"}`))
	case <-r.Context().Done():
		s.gone <- struct{}{}
	}
}

// Each request waits for a login no longer than it may, whoever began it; the
// others get what it brings.
func TestALoginIsWaitedForAsLongAsEachMay(t *testing.T) {
	i := slowIdentity{make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)}
	s := httptest.NewServer(i)
	defer s.Close()
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "c", Secret: "s", TokenURL: s.URL + "/token"}})
	do := func(ctx context.Context) <-chan error {
		done := make(chan error, 1)
		go func() {
			_, err := c.Do(ctx, "acme", "crm", flowengine.HTTPRequest{Method: "GET", Path: "/thing"})
			done <- err
		}()
		return done
	}
	mine := errors.New("my time is up")
	first, cancelFirst := context.WithCancelCause(context.Background())
	second, cancelSecond := context.WithCancelCause(context.Background())
	begun := do(first)
	<-i.asked
	joined := do(second)
	third, cancelThird := context.WithTimeoutCause(context.Background(), 30*time.Second, errors.New("it was not served"))
	defer cancelThird()
	stays := do(third)
	// The login is not answered until both have left.
	cancelSecond(mine)
	if err := <-joined; !errors.Is(err, mine) {
		t.Errorf("the second: %v", err)
	}
	cancelFirst(mine)
	if err := <-begun; !errors.Is(err, mine) {
		t.Errorf("the first: %v", err)
	}
	for {
		select {
		case i.release <- struct{}{}: // perhaps to a login that was given up and does not know yet
		case <-i.gone:
		case <-i.asked: // the third had not begun to wait when the first left: it logs in anew
		case err := <-stays:
			if err != nil {
				t.Errorf("the third: %v", err)
			}
			return
		}
	}
}

// Nobody logs in for nobody.
func TestALoginThatNobodyWaitsForIsGivenUp(t *testing.T) {
	i := slowIdentity{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	s := httptest.NewServer(i)
	defer s.Close()
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "c", Secret: "s", TokenURL: s.URL + "/token"}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := c.Do(ctx, "acme", "crm", flowengine.HTTPRequest{Method: "GET", Path: "/thing"})
		done <- err
	}()
	<-i.asked
	cancel()
	<-i.gone
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// What a service says in an error is short and of one line in the journal.
func TestWhatAServiceSaysIsShort(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.WriteHeader(http.StatusBadRequest)
			w.Write([]byte(`{"error": "` + strings.Repeat("no\\n\\u001b[31m", 5000) + `"}`))
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			conn.Write([]byte(strings.Repeat("\x1bno", 20000) + "\r\n\r\n"))
			conn.Close()
		}
	}))
	defer s.Close()
	for _, auth := range []connection.Auth{{}, {Kind: connection.ClientCredentials, ClientID: "c", Secret: "s", TokenURL: s.URL + "/token"}} {
		_, err := get(client(t, connection.Connection{Base: s.URL, Private: true, Auth: auth}), "/")
		if err == nil || len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: %.500v", auth.Kind, err)
		}
	}
}

// A token whose life is no time at all is used for a while.
func TestATokenThatSaysItLivesForEver(t *testing.T) {
	tokenRequests := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			tokenRequests++
			w.Write([]byte(`{"access_token": "t", "expires_in": 1e300}`))
			return
		}
		w.Write([]byte(`{}`))
	}))
	defer s.Close()
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "c", Secret: "s", TokenURL: s.URL + "/token"}})
	for range 2 {
		if _, err := get(c, "/thing"); err != nil {
			t.Error(err)
		}
	}
	if tokenRequests != 1 {
		t.Errorf("%d logins for two requests", tokenRequests)
	}
}
