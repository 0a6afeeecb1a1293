package resource

// Kinds lists the kinds of resources, in the order in which they are loaded: secrets
// before those that name them.
func Kinds() []*Kind {
	return []*Kind{secretKind(), connectionKind(), functionKind(), webhookKind()}
}
