package keyed

// MakeRoom reports whether a map that is bounded to limit has room for one more entry. A
// full one first loses its stale entries.
func MakeRoom[K comparable, V any](m map[K]V, limit int, stale func(V) bool) bool {
	if len(m) < limit {
		return true
	}
	for k, v := range m {
		if stale(v) {
			delete(m, k)
		}
	}
	return len(m) < limit
}
