package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// spellings are other ways to write a path, of which programs take one or another
// for the same.
func spellings(path string) []string {
	all := []string{
		path + "/", path + "//", "/" + path, "/." + path, "/x/.." + path, "/%2e" + path, "/%2e%2e" + path, "/x/%2e%2e" + path,
		path + "/.", path + "/..", path + "/x/..", path + "/%2e", path + "%2f", path + "%2F", path + "%2f%2f", "/%2f" + path,
		path + ";", path + ";a=b", path + ";/", "/;a=b" + path, path + "%3b", path + "%3f", path + "%23", path + "%20", path + "%09", path + "%0a", path + "%00", path + "%2500",
		path + ".", path + ".json", path + ":80", path + "+", path + "~", path + "\\", "/\\" + path[1:], path + "%5c", path + "%2f..%2fdocs",
		strings.ToUpper(path), strings.ToUpper(path[:2]) + path[2:], strings.ToUpper(path) + "/", path + "/" + path[1:], "/v1" + path,
	}
	for i := 1; i < len(path); i++ {
		all = append(all, fmt.Sprintf("%s%%%02x%s", path[:i], path[i], path[i+1:]), fmt.Sprintf("%s%%%02X%s/", path[:i], path[i], path[i+1:]),
			fmt.Sprintf("%s%%25%02x%s", path[:i], path[i], path[i+1:]))
	}
	return all
}

// What asks for no token is reached under one path and no other: whoever closes
// that one closes it.
func TestPathsOfOperationHaveOneSpelling(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			for target, want := range map[string]bool{path: true, "http://anywhere.example.com" + path: true, "http://anywhere.example.com" + path + "/": false} {
				if answer := ask(w.handler, method, target); (answer.Code < 300) != want {
					t.Errorf("%s %s: %d", method, target, answer.Code)
				}
			}
		}
		for _, target := range spellings(path) {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST"} {
				answer := ask(w.handler, method, target)
				if answer.Code != http.StatusNotFound || method != "HEAD" && !strings.Contains(answer.Body.String(), "no such resource") {
					t.Errorf("%s %s: %d %.100s", method, target, answer.Code, answer.Body)
				}
			}
			conforms(t, w.handler, "GET", target, ask(w.handler, "GET", target))
		}
	}
}

// Where a token is asked for, no spelling of a path does without.
func TestNoSpellingGoesAroundTheToken(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/v1/executions", "/v1/account", "/v1/reports/studio_flow_execution"} {
		for _, target := range append(spellings(path), path) {
			if answer := ask(w.handler, "GET", target); answer.Code != http.StatusNotFound && answer.Code != http.StatusUnauthorized && answer.Code != http.StatusTooManyRequests {
				t.Errorf("GET %s: %d %.100s", target, answer.Code, answer.Body)
			}
		}
	}
}

// ask sends a request whose target stands in it as it is, without a token.
func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(method, target, nil))
	return answer
}
