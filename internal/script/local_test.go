package script_test

import (
	"testing"

	"ringflow/internal/script"
)

// A mistake is told where the author wrote it.
func TestMistakesStandWhereTheAuthorWroteThem(t *testing.T) {
	for source, want := range map[string]string{
		"return {a: ;}":            "the function failed: SyntaxError: line 1:12: Unexpected token ;",
		"let a = 1\nreturn {a: ;}": "the function failed: SyntaxError: line 2:12: Unexpected token ;",
		"return {a: 1":             "the function failed: SyntaxError: at its end: something is missing, or a bracket before is one too many",
	} {
		if err := script.Validate(source); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
}
