package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// arguments are the members of a flat JSON object.
type arguments struct {
	// text holds strings, and numbers and booleans as JSON writes them.
	text map[string]string
	// unquoted says of those numbers and booleans what they are.
	unquoted map[string]string
	// notText says of every object and array what it is.
	notText map[string]string
}

// byteOrderMark is what some programs write in front of UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

// jsonBody returns a body of JSON in UTF-8, without a byte order mark before it.
func jsonBody(body []byte, sample string) ([]byte, error) {
	body = bytes.TrimPrefix(body, byteOrderMark)
	var whole json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &whole); {
	case !utf8.Valid(body):
		return nil, badBody("the body is not UTF-8")
	case len(bytes.TrimSpace(body)) == 0:
		return nil, badBody("the body is empty, a JSON object is needed" + sample)
	case errors.As(err, &syntax):
		return nil, badBody(notJSON(body, syntax))
	}
	return body, nil
}

// parseArguments reads the body of a start. It takes one JSON object and
// nothing after it; a member that is null counts as absent. A name that stands
// twice is refused, because which of two numbers is to be called must not be
// left to chance.
func parseArguments(body []byte) (arguments, error) {
	body, err := jsonBody(body, sampleBody)
	if err != nil {
		return arguments{}, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return arguments{}, badBody("the body is not a JSON object" + sampleBody)
	}
	a := arguments{text: make(map[string]string), unquoted: make(map[string]string), notText: make(map[string]string)}
	seen := make(map[string]bool)
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		name, _ := key.(string)
		if err == nil {
			err = a.add(name, value)
		}
		switch {
		case err != nil:
			return arguments{}, badBody(err.Error())
		case seen[name]:
			return arguments{}, badBody(fmt.Sprintf("the name %.64q stands twice", name))
		}
		seen[name] = true
	}
	return a, nil
}

// sampleBody ends the description of a body that is nothing like what is wanted.
const sampleBody = `, such as {"contact_1":"+12025550143"}`

// notJSON says where a body stops being JSON, and what would be right.
func notJSON(body []byte, err *json.SyntaxError) string {
	if first := bytes.TrimSpace(body)[0]; first != '{' && first != '[' && first != '"' {
		return "the body is not JSON: a JSON object is needed" + sampleBody
	}
	at := body[:min(max(0, int(err.Offset)-1), len(body))]
	mend := `names and texts stand in double quotes, with a colon after a name and a comma between members`
	if int(err.Offset) >= len(body) && strings.HasPrefix(err.Error(), "unexpected end") {
		at, mend = body, "close every quote and brace"
	}
	line, column := bytes.Count(at, []byte("\n"))+1, utf8.RuneCount(at[bytes.LastIndexByte(at, '\n')+1:])+1
	return fmt.Sprintf("line %d, column %d: %s; %s", line, column, err, mend)
}

// add keeps one member, whose value is valid JSON.
func (a *arguments) add(name string, value json.RawMessage) error {
	switch value[0] {
	case '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return err
		}
		a.text[name] = s
	case '{', '[':
		a.notText[name] = map[byte]string{'{': "an object", '[': "an array"}[value[0]]
	case 'n':
	default:
		a.text[name] = string(value)
		a.unquoted[name] = "a number"
		if value[0] == 't' || value[0] == 'f' {
			a.unquoted[name] = "a boolean"
		}
	}
	return nil
}

func badBody(description string) error {
	return &httpError{status: http.StatusBadRequest, code: codeBody, message: "invalid JSON", description: description}
}

// bodyError says why a body could not be read: it was too large, or it never
// came whole.
func bodyError(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return &httpError{status: http.StatusBadRequest, code: codeBody, message: "incomplete body", description: "the body did not arrive whole", reason: err.Error()}
}
