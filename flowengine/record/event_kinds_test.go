package record_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// everyField is each field that an event of some kind has, with a value.
var everyField = map[string]any{
	"elapsed_ms": 7, "step": "s", "component": "c", "exit": "ok", "leg": map[string]any{"id": "1", "party": "contact"},
	"sip": map[string]any{"code": 200}, "variables": map[string]any{"x": "1"}, "status": "finished", "error": "e", "detail": "d",
}

// made returns an event of a kind with these fields.
func made(t *testing.T, kind record.EventKind, fields []string) (e record.Event) {
	t.Helper()
	object := map[string]any{"seq": 1, "at": time.Now(), "kind": kind}
	for _, name := range fields {
		object[name] = everyField[name]
	}
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestConforms holds for every kind that an event with all its fields conforms,
// and no longer when one that must be there is missing or one of another kind is
// added.
func TestConforms(t *testing.T) {
	for _, spec := range record.KindSpecs() {
		all := slices.Concat(spec.Has, spec.May)
		for _, fields := range [][]string{spec.Has, all} {
			if err := made(t, spec.Kind, fields).Conforms(); err != nil {
				t.Errorf("%s with %v: %v", spec.Kind, fields, err)
			}
		}
		for _, name := range spec.Has {
			without := slices.DeleteFunc(slices.Clone(all), func(n string) bool { return n == name })
			if err := made(t, spec.Kind, without).Conforms(); err == nil || !strings.Contains(err.Error(), "lacks "+name) {
				t.Errorf("%s without %s: %v", spec.Kind, name, err)
			}
		}
		for name := range everyField {
			if slices.Contains(all, name) {
				continue
			}
			if err := made(t, spec.Kind, append(slices.Clone(all), name)).Conforms(); err == nil || !strings.Contains(err.Error(), "has "+name) {
				t.Errorf("%s with %s: %v", spec.Kind, name, err)
			}
		}
	}
	if err := made(t, "leg_lost", nil).Conforms(); err == nil {
		t.Error("an event of no known kind conforms")
	}
}
