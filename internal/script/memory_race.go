//go:build race

package script

// childData is out of the way here: the race detector's own memory counts as
// data of the process, and is a multiple of what a function may have.
const childData = 1 << 46
