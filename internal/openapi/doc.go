// Package openapi reads an OpenAPI 3.1 document, judges answers by it and makes
// up requests from it, good ones and bad ones.
//
// It knows the part of OpenAPI and of JSON Schema that Ringflow's own document
// uses, and refuses every other word, so that nothing of a document goes
// unjudged. It deliberately knows neither HTTP handlers nor anything else of
// Ringflow: what it is told of a server is what the document and the answers
// say.
//
// Read in this order: document.go, schema.go, judge.go, answer.go; then
// maker.go, mutation.go and bad.go, which make requests up.
package openapi
