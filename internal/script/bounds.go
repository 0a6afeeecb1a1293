//go:build !race

package script

// Limits of a child, which the kernel holds.
const (
	childData = 256 << 20 // bytes of memory, the Go runtime's own among them
	childCPU  = 1         // seconds
)

// childEnv is what a child needs to run: nothing.
var childEnv = []string{}
