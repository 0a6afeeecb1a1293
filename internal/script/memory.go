//go:build !race

package script

// childData is the limit of a child's memory in bytes, the Go runtime's own
// among them.
const childData = 256 << 20
