package client

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Refusal is an answer other than success, with the server's own words.
type Refusal struct {
	Status     int           // of HTTP
	RetryAfter time.Duration // how long to wait before another try; 0: not said
	Body       Error         // empty if the answer was not the API's
}

// maxRefusal is how much of a refusal is read, in bytes.
const maxRefusal = 64 << 10

// refusalOf reads a refusal, in the API's form or in that of OAuth.
func refusalOf(res *http.Response) *Refusal {
	r := &Refusal{Status: res.StatusCode}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		r.RetryAfter = time.Duration(seconds) * time.Second
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusal)) // what cannot be read leaves the status
	var oauth Oauth
	if json.Unmarshal(text, &r.Body) == nil && r.Body.Message == "" && json.Unmarshal(text, &oauth) == nil {
		r.Body = Error{Code: oauth.Error, Message: oauth.Error, Description: oauth.ErrorDescription}
	}
	return r
}

// Error implements error: what the server said, field by field.
func (r *Refusal) Error() string {
	if r.Body.Message == "" {
		return "the server answered " + strconv.Itoa(r.Status) + " " + http.StatusText(r.Status)
	}
	var b strings.Builder
	b.WriteString(r.Body.Message)
	if r.Body.Description != "" {
		b.WriteString(": " + r.Body.Description)
	}
	for _, f := range r.Body.Fields {
		b.WriteString("\n  " + f.Name + ": " + f.Description)
	}
	return b.String()
}
