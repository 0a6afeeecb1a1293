package manual

import (
	"slices"
	"testing"
)

// The manual calls them final because no 5xx is among them, which alone is tried
// elsewhere; the refusals of people must all be.
func TestFinalAnswers(t *testing.T) {
	final := finalCodes()
	for _, code := range final {
		if code >= 500 && code < 600 {
			t.Errorf("%d is tried on another target", code)
		}
	}
	for _, code := range []int{486, 600, 603, 604, 607, 608, 404, 484} {
		if !slices.Contains(final, code) {
			t.Errorf("%d is missing", code)
		}
	}
}
