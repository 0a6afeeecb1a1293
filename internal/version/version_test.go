package version

import (
	"regexp"
	"runtime/debug"
	"testing"
)

// TestNumberFitsWhereItIsPut: a number that is no semantic version would be
// another one to dpkg, and a blank in it would end the token of a User-Agent.
func TestNumberFitsWhereItIsPut(t *testing.T) {
	if n := Number(); !regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9a-z.]+)?$`).MatchString(n) {
		t.Errorf("VERSION holds %q", n)
	}
	if p := Product(); !regexp.MustCompile(`^Ringflow/[0-9a-z.-]+$`).MatchString(p) {
		t.Errorf("the product is %q", p)
	}
}

func TestRevision(t *testing.T) {
	commit := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown":       {},
		"0123456789ab":  {commit, {Key: "vcs.modified", Value: "false"}},
		"0123456789ab+": {{Key: "vcs.modified", Value: "true"}, commit},
		"0123":          {{Key: "vcs.revision", Value: "0123"}},
	} {
		if got := revision(settings); got != want {
			t.Errorf("%v is revision %q, and not %q", settings, got, want)
		}
	}
}
