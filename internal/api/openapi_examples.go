package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
)

// example is a request as a reader sends it, and what a server answered. The
// server is a real one in a state that a test makes; the same test holds that it
// still answers so.
type example struct {
	Operation string `json:"operation"`
	Curl      string `json:"curl"`
	Media     string `json:"media,omitempty"` // of the request's body
	Body      string `json:"body,omitempty"`
	Status    int    `json:"status"`
	// Header are the header fields of the answer that are worth a look.
	Header   []string `json:"header,omitempty"`
	Answered string   `json:"answered,omitempty"` // media type of the answer; "" has no body
	Answer   string   `json:"answer,omitempty"`   // "": it is not shown
}

// examplesFile is written by the test that asks the server for them.
//
//go:embed openapi_examples.json
var examplesFile []byte

// examples returns all, in the order in which they were asked.
var examples = sync.OnceValue(func() []example {
	var all []example
	if err := json.Unmarshal(examplesFile, &all); err != nil {
		panic(fmt.Errorf("read openapi_examples.json: %w", err)) // a file of ours; shows in every test
	}
	return all
})

func examplesByOperation() map[string][]example {
	of := make(map[string][]example)
	for _, e := range examples() {
		of[e.Operation] = append(of[e.Operation], e)
	}
	return of
}

// requestOf returns the first body that an example sends, nil if none does.
func requestOf(shown []example) json.RawMessage {
	for _, e := range shown {
		if e.Body != "" {
			return literal(e.Media, e.Body)
		}
	}
	return nil
}

// answerOf returns the first example of an answer, nil if there is none.
func answerOf(shown []example, a content) json.RawMessage {
	for _, e := range shown {
		if e.Answer != "" && e.Status == a.status && e.Answered == a.mediaType() {
			return literal(e.Answered, e.Answer)
		}
	}
	return nil
}

// literal returns a body as it stands in a JSON document.
func literal(media, body string) json.RawMessage {
	var value any = body
	switch fields, err := url.ParseQuery(body); {
	case media == "application/json":
		return json.RawMessage(body)
	case media == formMedia && err == nil: // its members are what the schema describes
		form := object{}
		for name := range fields {
			form[name] = fields.Get(name)
		}
		value = form
	}
	text, _ := json.Marshal(value) // texts are always JSON
	return text
}
