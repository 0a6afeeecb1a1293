package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ringflow/internal/client"
)

// explain adds what to do to an error of a server or of the connection to it.
func (r *serverFlags) explain(err error) error {
	if err == nil {
		return nil
	}
	if suggestion := r.suggestion(err); suggestion != "" {
		return fmt.Errorf("%w\n%s", err, suggestion)
	}
	return err
}

func (r *serverFlags) suggestion(err error) string {
	var refused *client.Refusal
	var unreached *url.Error
	switch {
	case errors.As(err, &refused):
		return r.suggestionOnRefusal(refused)
	case errors.As(err, &unreached) && !unreached.Timeout():
		if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
			return "It speaks http, not https: write http" + strings.TrimPrefix(r.settings.Server, "https") + "."
		}
		return fmt.Sprintf("Is a server running at %s? Name another with --server or %s.", r.settings.Server, envServer)
	}
	return ""
}

// listOf is the verb that lists what an operation names, such as prompt list for
// deletePrompt. What belongs to a flow is named by the flow.
func listOf(operation string) string {
	operation = strings.ToLower(operation)
	if operation == "executions" || operation == "calls" {
		return "flow list" // by which they are selected: nothing else of them can be missing
	}
	for _, known := range []struct{ noun, verb string }{
		{"flow", "flow list"}, {"prompt", "prompt list"}, {"secret", "secret list"}, {"connection", "connection list"},
		{"function", "function list"}, {"webhook", "webhook list"}, {"call", "calls"}, {"trunk", "trunks"}, {"execution", "executions"},
	} {
		if strings.Contains(operation, known.noun) {
			return known.verb
		}
	}
	return "flow list"
}

func (r *serverFlags) suggestionOnRefusal(refused *client.Refusal) string {
	again := "Try again in a moment."
	if refused.RetryAfter > 0 {
		again = fmt.Sprintf("Try again in %s.", refused.RetryAfter.Round(time.Second))
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		return fmt.Sprintf("Is %q with this secret a client of the account? See %s, %s and the server's accounts[].clients.", r.settings.ID, envClientID, envSecret)
	case http.StatusForbidden:
		return fmt.Sprintf("Give the client %q the scope in the server's accounts[].clients[].scopes.", r.settings.ID)
	case http.StatusNotFound:
		if refused.Body.Message == "" {
			return fmt.Sprintf("Is %s the base URL of a Ringflow server?", r.settings.Server)
		}
		return "`ringflow " + listOf(refused.Operation) + "` shows what there is."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if strings.Contains(refused.Error(), "interactions a second") {
			return again + " The server's accounts[].rate_limit says how many starts a second it takes."
		}
		return again
	case http.StatusInternalServerError:
		return "The server's log says more."
	}
	return ""
}
