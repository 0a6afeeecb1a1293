package api_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// FuzzToken sends any form, query and header, and holds that a token comes only
// with the right secret and that nothing else is answered than the document
// says.
func FuzzToken(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=reader&client_secret=reader-secret", "", "")
	f.Add("grant_type=client_credentials", "scope=flows%3Aread", "Basic cmVhZGVyOnJlYWRlci1zZWNyZXQ=")
	f.Add("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c", "grant_type=client_credentials", "")
	f.Add("%zz", "a;b", "Basic !")
	w := newWorld(f, nil)
	n := 0
	f.Fuzz(func(t *testing.T, form, query, authorization string) {
		n++
		r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(form))
		r.URL.RawQuery = query
		r.RemoteAddr = fmt.Sprintf("[2001:db8:%x::1]:1", n%65536) // failures are limited by address
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		conforms(t, w.handler, "POST", "/oauth/token", answer)
		if answer.Code >= 500 {
			t.Fatalf("%q %q %q: %d", form, query, authorization, answer.Code)
		}
		inForm, _ := url.ParseQuery(form)
		_, inHeader, _ := r.BasicAuth()
		if answer.Code == 200 && !strings.HasSuffix(inForm.Get("client_secret"), "-secret") && !strings.Contains(inHeader, "secret") && !strings.Contains(inHeader, "%") {
			t.Fatalf("a token for %q %q %q", form, query, authorization)
		}
	})
}

// FuzzTiming holds that an interaction never begins outside of its hours' zone
// rules, in the past, or further ahead than allowed.
func FuzzTiming(f *testing.F) {
	f.Add("2030-01-01T00:00:00Z", "09:00-17:00", "Europe/Berlin")
	f.Add("", "22:00-02:00", "")
	f.Add("x", "24:00-24:00", "Local")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, startAt, hours, zone string) {
		w.t, w.started = t, nil
		r := httptest.NewRequest("POST", "/flows/installation-help/interactions?start_at="+escape(startAt)+"&calling_hours="+escape(hours)+"&time_zone="+escape(zone), strings.NewReader("{}"))
		r.Header.Set("Authorization", "Bearer "+w.token("starter"))
		answer := httptest.NewRecorder()
		before := time.Now()
		w.handler.ServeHTTP(answer, r)
		switch answer.Code {
		case 400:
		case 202:
			at := w.started[0].StartAt
			if !at.IsZero() && startAt == "" && (at.Before(before) || at.Sub(before) > 49*time.Hour) {
				t.Fatalf("%q %q %q begins at %v", startAt, hours, zone, at)
			}
		default:
			t.Fatalf("%q %q %q: %d", startAt, hours, zone, answer.Code)
		}
	})
}
