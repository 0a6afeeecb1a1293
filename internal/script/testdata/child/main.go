// The child is what the tests of package script run functions in. It is built
// without the race detector, whose shadow of the memory no limit would hold.
package main

import (
	"os"
	_ "time/tzdata" // zones mean the same on every machine

	"ringflow/internal/script"
)

func main() { os.Exit(script.Serve(os.Stdin, os.Stdout)) }
