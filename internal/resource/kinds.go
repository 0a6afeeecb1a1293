package resource

// Kinds lists the kinds of resources, in the order in which they are made out of
// what lies on the disk: secrets before what names them.
func Kinds() []*Kind {
	return []*Kind{secretKind(), connectionKind(), functionKind(), webhookKind()}
}
