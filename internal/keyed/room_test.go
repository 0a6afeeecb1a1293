package keyed_test

import (
	"maps"
	"testing"

	"ringflow/internal/keyed"
)

func TestMakeRoom(t *testing.T) {
	odd := func(n int) bool { return n%2 == 1 }
	for name, c := range map[string]struct {
		limit int
		left  map[string]int
		room  bool
	}{
		"not full":      {4, map[string]int{"a": 1, "b": 2, "c": 4}, true},
		"with stale":    {3, map[string]int{"b": 2, "c": 4}, true},
		"without stale": {2, map[string]int{"b": 2, "c": 4}, false},
	} {
		m := map[string]int{"a": 1, "b": 2, "c": 4}
		if room := keyed.MakeRoom(m, c.limit, odd); room != c.room || !maps.Equal(m, c.left) {
			t.Errorf("%s: %t with %v left", name, room, m)
		}
	}
}
