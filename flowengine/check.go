package flowengine

// Check finds every problem of the flow at once, in the order of the file.
func Check(f *Flow, cs []Component, env Environment) []Problem {
	return nil
}
