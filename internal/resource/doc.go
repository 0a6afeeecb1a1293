// Package resource keeps what accounts manage themselves while the server runs:
// connections, secrets, functions and webhooks. What is written is checked by the
// rules of the configuration, sealed, put on the disk, and in use when the
// writer gets his answer; what stands in the configuration is listed beside it
// and cannot be changed.
//
// A kind of resource is one file and one line in kinds.go: what is written and
// shown, as structs whose tags the API's document is made of, the rules, and who
// is told of it. It deliberately does not know HTTP, SQL, or how a flow runs.
//
// Read it in this order: record.go (what lies on the disk), kind.go (what a kind
// is made of), book.go, book_write.go and book_fixed.go (all
// resources and their changes), then
// the kinds: secret.go, connection.go, function.go, webhook.go.
package resource
