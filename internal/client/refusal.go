package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Refusal is an answer other than success, with the server's own words.
type Refusal struct {
	Operation  string        // as the document calls it, such as publishFlow
	Status     int           // of HTTP
	RetryAfter time.Duration // how long to wait before another try; 0: not said
	Body       Error         // empty if the answer was not the API's
}

// maxRefusal is how much of a refusal is read, in bytes.
const maxRefusal = 64 << 10

// refusalOf reads a refusal, in the API's form or in that of OAuth.
func refusalOf(operation string, res *http.Response) *Refusal {
	r := &Refusal{Operation: operation, Status: res.StatusCode}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		r.RetryAfter = time.Duration(seconds) * time.Second
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal)) // what cannot be read leaves the status
	var oauth TokenRefusal
	if json.Unmarshal(text, &r.Body) == nil && r.Body.Message == "" && json.Unmarshal(text, &oauth) == nil {
		r.Body = Error{Code: oauth.Error, Message: cmp.Or(oauth.ErrorDescription, oauth.Error)}
	}
	return r
}

// Error implements error: which operation was refused, by which status and
// code, and what the server said, field by field.
func (r *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d %s", r.Operation, r.Status, http.StatusText(r.Status))
	if r.Body.Message == "" {
		return b.String()
	}
	fmt.Fprintf(&b, " (%s): %s", r.Body.Code, r.Body.Message)
	if r.Body.Description != "" {
		b.WriteString(": " + r.Body.Description)
	}
	for _, f := range r.Body.Fields {
		b.WriteString("\n  " + f.Name + ": " + f.Description)
	}
	return b.String()
}
