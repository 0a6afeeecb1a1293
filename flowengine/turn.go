package flowengine

// Turn is what a component is given to run one step: the values of its
// variables, the call, the journal. It is valid until the step's run returns.
type Turn struct{}
