package resource_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/connection"
	"ringflow/internal/resource"
	"ringflow/internal/webhook"
)

func fixedAt(name, base string) resource.Fixed {
	return resource.FixedConnection(connection.Connection{Account: "acme", Name: name, Base: base})
}

func hookAt(name, url string) resource.Fixed {
	return resource.FixedWebhook(webhook.Hook{ID: webhook.ID{Account: "acme", Name: name}, URL: url,
		Events: []record.EventKind{record.ExecutionEnded}, Secret: "a secret of some length"})
}

// bases returns where the connections of acme lead.
func (w *world) bases() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, name := range []string{"a", "b", "made"} {
		if c, there := w.connections["acme/"+name]; there {
			all = append(all, name+"="+strings.TrimPrefix(c.Base, "https://"))
		}
	}
	return strings.Join(all, " ")
}

// What the configuration has anew is used, what it has no longer is not, and what
// was made over the API comes back where it stood in the way.
func TestTheConfigurationChanges(t *testing.T) {
	w := newWorld(t)
	must(t, w.put("acme", "connection", "made", map[string]any{"Base": "https://api"}))
	made := resource.Key{Account: "acme", Kind: "connection", Name: "made"}
	before, err := w.registry.Get(made)
	must(t, err)
	for _, c := range []struct {
		fixed []resource.Fixed
		bases string
	}{
		{[]resource.Fixed{fixedAt("a", "https://one")}, "a=one made=api"},
		{[]resource.Fixed{fixedAt("a", "https://two"), fixedAt("b", "https://b")}, "a=two b=b made=api"},
		{[]resource.Fixed{fixedAt("b", "https://b"), fixedAt("made", "https://fixed")}, "b=b made=fixed"},
		{[]resource.Fixed{fixedAt("made", "https://fixed2")}, "made=fixed2"},
		{nil, "made=api"},
	} {
		w.registry.SetFixed(t.Context(), c.fixed)
		if got := w.bases(); got != c.bases {
			t.Errorf("used are %s, want %s", got, c.bases)
		}
		item, err := w.registry.Get(made)
		if fixed := strings.Contains(c.bases, "made=fixed"); err != nil || item.Fixed != fixed {
			t.Errorf("%s: shown is %+v, %v", c.bases, item, err)
		} else if err := w.put("acme", "connection", "made", map[string]any{"Base": "https://api"}); errors.Is(err, resource.ErrFixed) != fixed {
			t.Errorf("%s: written over the API: %v", c.bases, err)
		}
	}
	item, err := w.registry.Get(made)
	if err != nil || item.Tag == before.Tag || item.Tag == "" { // it was written anew meanwhile
		t.Errorf("at the end it is %+v, %v", item, err)
	}
	if !strings.Contains(w.log.String(), "it stands in the configuration too") {
		t.Error("the log does not say that the configuration goes first")
	}
	w.fixed = nil
	w.reopen()
	if got := w.bases(); got != "made=api" {
		t.Errorf("after a restart used are %s", got)
	}
}

// A webhook that stays as it is is not touched: its connections and its pauses are
// its own.
func TestOnlyWhatDiffersIsSetAnew(t *testing.T) {
	w := newWorld(t)
	w.registry.SetFixed(t.Context(), []resource.Fixed{hookAt("crm", "https://crm.example.com"), hookAt("erp", "https://erp.example.com")})
	w.mu.Lock()
	if len(w.hooks) != 2 {
		t.Errorf("there are %v", w.hooks)
	}
	clear(w.hooks)
	w.mu.Unlock()
	w.registry.SetFixed(t.Context(), []resource.Fixed{hookAt("crm", "https://crm.example.com"), hookAt("erp", "https://erp.example.org")})
	w.mu.Lock()
	if len(w.hooks) != 1 || w.hooks[webhook.ID{Account: "acme", Name: "erp"}].URL != "https://erp.example.org" {
		t.Errorf("set anew were %v", w.hooks)
	}
	w.mu.Unlock()
	w.registry.SetFixed(t.Context(), nil)
	if items, _ := w.registry.List("acme", "webhook", "", 10); len(items) != 0 {
		t.Errorf("left are %v", items)
	}
}

// The configuration changes while others read and write.
func TestTheConfigurationChangesMeanwhile(t *testing.T) {
	w := newWorld(t)
	must(t, w.put("acme", "secret", "token", map[string]any{"Value": "0"}))
	must(t, w.put("acme", "connection", "crm", crm))
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() {
			for i := range 20 {
				switch err := w.put("acme", "secret", "token", map[string]any{"Value": fmt.Sprint(n, i)}); {
				case err != nil:
					t.Error(err)
				}
				if err := w.put("acme", "connection", "crm", crm); err != nil && !errors.Is(err, resource.ErrFixed) {
					t.Error(err)
				}
				items, _ := w.registry.List("acme", "connection", "", 10)
				for _, item := range items {
					item.Show(nil)
				}
			}
		})
	}
	for n := range 20 {
		w.registry.SetFixed(t.Context(), []resource.Fixed{fixedAt("a", fmt.Sprint("https://a", n)), fixedAt("crm", "https://fixed")}[:1+n%2])
	}
	w.registry.SetFixed(t.Context(), nil)
	all.Wait()
	last := w.token("acme", "crm")
	w.reopen()
	if again := w.token("acme", "crm"); again != last || last == "" {
		t.Errorf("used was %q, on the disk is %q", last, again)
	}
}
