// Package importer turns flows of other products into flow files: exports of
// Talkdesk Studio and definitions of Twilio Studio. What has an equal is mapped;
// what has none becomes a placeholder step, which keeps the flow from being
// published until it is replaced; and everything that was lost on the way
// is listed as a finding and stands in the file as a comment.
//
// It deliberately does not know the catalogue of components: it writes a flow
// file, and flowfile.Parse and flowfile.Check check it like any other.
//
// Read it in this order: result.go (what comes out), json.go, unwrap.go and
// settings.go (reading, which flow of a file, and keeping track of what was not
// read), draft.go and yaml.go (the flow file), names.go and placeholder.go,
// conversion.go (what all products have in common), then talkdesk*.go and twilio*.go.
package importer
