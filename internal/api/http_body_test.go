package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzStart sends any body, and holds that the answer is 202 exactly for one
// JSON object, and that nothing is lost of its strings.
func FuzzStart(f *testing.F) {
	for _, body := range []string{good, `{}`, ``, `[]`, `{"a":1e999,"b":"\ud800"}`, `{"a":"b"}{}`, "\ufeff{}", `{"a":{"b":[{}]},"a":null}`, `{"a"`, strings.Repeat(`{"a":`, 20_000)} {
		f.Add(body)
	}
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, body string) {
		w.t, w.started = t, nil
		r := httptest.NewRequest(http.MethodPost, "/flows/installation-help/interactions", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+w.token("starter"))
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		var object map[string]json.RawMessage
		isObject := json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &object) == nil && object != nil
		switch answer.Code {
		case http.StatusAccepted:
			if !isObject {
				t.Fatalf("%q was taken", body)
			}
			for name, value := range w.started[0].Arguments {
				var s string
				if json.Unmarshal(object[name], &s) == nil && s != value {
					t.Fatalf("%q: argument %q is %q, sent was %q", body, name, value, s)
				}
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			if w.started != nil {
				t.Fatalf("%q was started and refused", body)
			}
		default:
			t.Fatalf("%q was answered %d", body, answer.Code)
		}
	})
}

func BenchmarkStart(b *testing.B) {
	w := newWorld(b, nil)
	token := "Bearer " + w.token("starter")
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/flows/installation-help/interactions", strings.NewReader(good))
		r.Header.Set("Authorization", token)
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if answer.Code != http.StatusAccepted {
			b.Fatal(answer.Code, answer.Body)
		}
	}
}
