package script

import (
	"maps"
	"slices"
)

// AbsentStatics and AbsentMethods are the members that reportMembers refuses.
func AbsentStatics() []string { return slices.Sorted(maps.Keys(absentStatics)) }

// AbsentMethods: see AbsentStatics.
func AbsentMethods() []string { return slices.Sorted(maps.Keys(absentMethods)) }

// Shipped is a child whose program is built as it is shipped, and is held to what
// it is held to there.
func Shipped(path string) Child { return Child{Path: path, bounds: &shippedBounds} }
