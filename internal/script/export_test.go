package script

import (
	"maps"
	"slices"
)

// AbsentStatics and AbsentMethods are the members that sayMembers refuses.
func AbsentStatics() []string { return slices.Sorted(maps.Keys(absentStatics)) }

// AbsentMethods: see AbsentStatics.
func AbsentMethods() []string { return slices.Sorted(maps.Keys(absentMethods)) }
