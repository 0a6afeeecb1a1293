// Package resource manages what accounts write while the server runs: connections,
// secrets, functions and webhooks. A change is checked by the rules of the
// configuration, sealed, stored, and in use when it returns; resources of the
// configuration are listed beside it and cannot be changed.
//
// A kind of resource is one file and one line in kinds.go: what is written and shown,
// as structs whose tags the API's document is made of, the rules, and the component
// that uses it. The package does not know HTTP, SQL, or how a flow runs.
//
// Read it in this order: storage.go (what is stored), kind.go (what a kind is made
// of), registry.go, registry_write.go and registry_fixed.go (all resources and their
// changes), then the kinds: kind_secret.go, kind_connection.go, kind_function.go,
// kind_webhook.go.
package resource
