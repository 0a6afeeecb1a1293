package api_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/api"
)

// A client's own rate is part of the account's: what it refuses uses up neither.
func TestRateOfAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *api.Config) {
			c.Rate = func(string) api.Rate { return api.Rate{PerSecond: 4, Burst: 4} }
			c.ClientRate = func(client string) api.Rate {
				if client == "starter" {
					return api.Rate{PerSecond: 1}
				}
				return api.Rate{}
			}
		})
		start := func(client, body string, want int, remaining string) {
			t.Helper()
			answer := w.do("POST", "/flows/installation-help/interactions", client, body)
			if got := answer.Header().Get("RateLimit-Remaining"); answer.Code != want || got != remaining {
				t.Errorf("%s: %d with %s remaining, want %d with %s", client, answer.Code, got, want, remaining)
			}
			if answer.Code == http.StatusTooManyRequests && answer.Header().Get("Retry-After") != "1" {
				t.Errorf("%s: Retry-After %q", client, answer.Header().Get("Retry-After"))
			}
		}
		start("starter", "[]", 400, "4")
		start("starter", "{}", 202, "3")
		for range 5 {
			start("starter", "{}", 429, "3")
		}
		for _, remaining := range []string{"2", "1", "0"} {
			start("acceptance", "{}", 202, remaining)
		}
		start("acceptance", "{}", 429, "0")
		<-time.After(time.Second)
		start("starter", "{}", 202, "3")
	})
}
