// Package version says which Ringflow this is. The file VERSION holds the number
// of the release, and is the one place where it is written: the command line, the
// log, the User-Agent of SIP and HTTP and the packages have it from there.
//
// It does not know what is done with it.
package version

import (
	_ "embed" // VERSION
	"runtime/debug"
	"strings"
)

//go:embed VERSION
var file string

// Number returns the release, such as 0.9.0 (semver.org).
func Number() string { return strings.TrimSpace(file) }

// Revision returns the commit that the binary was built from, 12 hexadecimal
// digits of it, with + behind them if the tree had changes; or "unknown", where
// the build saw no repository.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return revision(info.Settings)
}

func revision(settings []debug.BuildSetting) string {
	commit, changes := "unknown", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changes = "+"
		}
	}
	return commit + changes
}

// Product returns the value of User-Agent and Server header fields, a product
// token with its version (RFC 9110 §10.1.5, RFC 3261 §20.41).
func Product() string { return "Ringflow/" + Number() }
