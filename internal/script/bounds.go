//go:build !race

package script

// ownBounds are those of a child whose program is built as this one is.
var ownBounds = shippedBounds

// childEnv is what a child needs to run: nothing.
var childEnv = []string{}
