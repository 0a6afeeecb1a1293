package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// EventStream is the media type of server-sent events.
const EventStream = "text/event-stream"

const jsonMedia = "application/json"

// Response is what a server sent.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// Truncated reports that the body was not read to its end.
	Truncated bool
}

// CheckResponse returns how a response differs from what the document promises to
// the request. path is that of the request as it was sent, without its query. A
// path that the document does not have must be refused by 404, a method that the
// path does not have by 405 with Allow.
func (c *Contract) CheckResponse(method, path string, r Response) error {
	o, _, known := c.Find(method, path)
	allow := r.Header.Get("Allow")
	switch {
	case o != nil:
		if err := o.checkResponse(method, r); err != nil {
			return fmt.Errorf("response %d: %w: %.200s", r.Status, err, r.Body)
		}
		return nil
	case known && method == http.MethodOptions:
		if r.Status != http.StatusNoContent || allow == "" {
			return fmt.Errorf("response %d to OPTIONS with Allow %q, want 204 with the methods", r.Status, allow)
		}
		return nil
	case known && (r.Status != http.StatusMethodNotAllowed || allow == ""):
		return fmt.Errorf("response %d to an undeclared method with Allow %q, want 405 with the methods", r.Status, allow)
	case !known && r.Status != http.StatusNotFound:
		return fmt.Errorf("response %d to an undeclared path, want 404", r.Status)
	}
	if refusal := c.Components.Schemas["Error"]; refusal != nil && method != http.MethodHead {
		return refusal.Check(r.Body)
	}
	return nil
}

func (o *Operation) checkResponse(method string, r Response) error {
	declared := o.Responses[strconv.Itoa(r.Status)]
	if declared == nil {
		return fmt.Errorf("the status is undeclared")
	}
	for name, h := range declared.Headers {
		if err := h.checkHeader(name, r.Header); err != nil {
			return err
		}
	}
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	content := declared.Content[media]
	switch {
	case len(declared.Content) == 0:
		if media != "" || len(r.Body) > 0 {
			return fmt.Errorf("there is a body of type %q, want no body", media)
		}
		return nil
	case content == nil:
		return fmt.Errorf("the content type %q is undeclared", media)
	case method == http.MethodHead:
		if len(r.Body) > 0 {
			return fmt.Errorf("there is a body, want none to HEAD")
		}
		return nil
	case content.Schema == nil:
		return nil
	case media == EventStream:
		return content.Schema.checkStream(r)
	}
	return content.Schema.Check(r.Body)
}

// checkStream validates the data of each event; an incomplete last one is allowed
// where the body is truncated.
func (s *Schema) checkStream(r Response) error {
	events := bytes.Split(r.Body, []byte("\n\n"))
	if last := events[len(events)-1]; len(last) > 0 && !r.Truncated {
		return fmt.Errorf("the stream ends within an event: %q", last)
	}
	for _, event := range events[:len(events)-1] {
		fields := make(map[string]string)
		for line := range strings.Lines(string(event)) {
			name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			if !ok || !slices.Contains([]string{"id", "event", "data", ""}, name) {
				return fmt.Errorf("the line %q of an event is unknown", line)
			}
			fields[name] = strings.TrimPrefix(value, " ")
		}
		if _, comment := fields[""]; comment && len(fields) == 1 {
			continue
		}
		var data struct {
			Kind string
			Seq  *int
		}
		if err := json.Unmarshal([]byte(fields["data"]), &data); err != nil || fields["event"] == "" || data.Seq != nil && fields["id"] == "" {
			return fmt.Errorf("the event %q lacks its data, its kind or, having a number, its id", event)
		}
		if err := s.Check([]byte(fields["data"])); err != nil {
			return fmt.Errorf("event %s: %w", fields["id"], err)
		}
		if data.Kind != fields["event"] {
			return fmt.Errorf("event %s is called %s and its data is of kind %s", fields["id"], fields["event"], data.Kind)
		}
	}
	return nil
}
