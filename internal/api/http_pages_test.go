package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/internal/api"
	"ringflow/internal/call"
	"ringflow/internal/prompt"
	"ringflow/media"
)

// follow reads a list to its end, page by page, and returns what stands in the
// field of each item.
func (w *world) follow(path, list, field string, limit int, between func()) (all []string) {
	w.t.Helper()
	target := fmt.Sprintf("%s?limit=%d", path, limit)
	for range 1000 {
		answer := w.do("GET", target, "everything", "")
		var page map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || answer.Code != http.StatusOK {
			w.t.Fatalf("GET %s: %d %s", target, answer.Code, answer.Body)
		}
		items := page[list].([]any)
		if len(items) > limit || page["next"] != nil && len(items) < limit {
			w.t.Errorf("GET %s: %d items, next %v", target, len(items), page["next"])
		}
		for _, i := range items {
			all = append(all, fmt.Sprint(i.(map[string]any)[field]))
		}
		next, more := page["next"].(string)
		if !more {
			return all
		}
		target = fmt.Sprintf("%s?limit=%d&cursor=%s", path, limit, url.QueryEscape(next))
		between()
	}
	w.t.Fatalf("%s has no end", path)
	return nil
}

// Every list comes in pages of the size that was asked for, which together hold
// each item once, in its order.
func TestListsComeInPages(t *testing.T) {
	library := prompt.NewLibrary(nil, errors.New("no speech"))
	if err := library.LoadUploads(t.TempDir(), []string{"acme"}); err != nil {
		t.Fatal(err)
	}
	var numbers, flows, prompts, trunks []string
	var states []call.TrunkState
	w := newWorld(t, func(c *api.Config) {
		c.Prompts = library
		c.Numbers = func(string) []string { return slices.Concat(numbers[7:], numbers[:7]) }
		c.Trunks = func(string) []call.TrunkState { return states }
	})
	tone := media.EncodeWAV(media.Tone(-10, 10*time.Millisecond, 440))
	for n := range 45 {
		numbers = append(numbers, fmt.Sprintf("+120255501%02d", n))
		flows = append(flows, fmt.Sprintf("flow-%02d", n))
		prompts = append(prompts, fmt.Sprintf("prompt %02d", n))
		trunks = append(trunks, fmt.Sprintf("trunk-%d", (n*7)%45)) // not sorted
		states = append(states, call.TrunkState{Name: trunks[n]})
		if _, err := library.Create("acme", prompts[n], tone); err != nil {
			t.Fatal(err)
		}
		if answer := w.do("PUT", "/v1/flows/"+flows[n]+"/draft", "everything", file); answer.Code != http.StatusOK {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
	}
	flows = append(flows, "play") // which is published
	for _, limit := range []int{1, 7, 44, 45, 46, 100} {
		for _, l := range []struct {
			path, list, field string
			want              []string
		}{
			{"/v1/numbers", "numbers", "number", numbers},
			{"/v1/flows", "flows", "flow_id", flows},
			{"/v1/prompts", "prompts", "name", prompts},
			{"/v1/trunks", "trunks", "name", trunks},
		} {
			if got := w.follow(l.path, l.list, l.field, limit, func() {}); !slices.Equal(got, l.want) {
				t.Errorf("%s by %d: %v", l.path, limit, got)
			}
		}
	}
	whole := w.follow("/v1/components", "components", "name", 100, func() {})
	if got := w.follow("/v1/components", "components", "name", 3, func() {}); len(got) < 10 || !slices.Equal(got, whole) {
		t.Errorf("components by 3: %v", got)
	}

	// What goes between two pages leaves a hole nowhere else.
	gone := []string{}
	got := w.follow("/v1/prompts", "prompts", "name", 10, func() {
		last := prompts[10*len(gone)+9]
		if answer := w.do("DELETE", "/v1/prompts/"+url.PathEscape(last), "everything", ""); answer.Code != http.StatusNoContent {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		gone = append(gone, last)
	})
	if !slices.Equal(got, prompts) {
		t.Errorf("with prompts deleted between the pages: %v", got)
	}
	states = states[1:]
	for path, code := range map[string]int{
		"/v1/trunks?cursor=" + trunks[0]:                 http.StatusBadRequest, // gone: nobody can say what follows
		"/v1/components?cursor=nobody":                   http.StatusBadRequest,
		"/v1/flows/play/versions?cursor=x":               http.StatusBadRequest,
		"/v1/flows/play/versions?cursor=0":               http.StatusBadRequest,
		"/v1/flows/play/versions?cursor=1":               http.StatusOK,
		"/v1/flows/none/versions?cursor=1":               http.StatusNotFound,
		"/v1/prompts?cursor=" + strings.Repeat("z", 500): http.StatusOK,
	} {
		if answer := w.do("GET", path, "everything", ""); answer.Code != code {
			t.Errorf("GET %.60s: %d %s, want %d", path, answer.Code, answer.Body, code)
		}
	}
	for _, path := range []string{"/v1/numbers", "/v1/flows", "/v1/prompts", "/v1/trunks", "/v1/components", "/v1/flows/play/versions", "/v1/executions", "/v1/calls", "/v1/secrets"} {
		for _, limit := range []string{"0", "-1", "101", "x", "99999999999999999999"} {
			if answer := w.do("GET", path+"?limit="+limit, "everything", ""); answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), `"name":"limit"`) {
				t.Errorf("GET %s by %s: %d %s", path, limit, answer.Code, answer.Body)
			}
		}
	}
}
