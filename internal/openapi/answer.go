package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Answer is what a server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Cut says that there may have been more, because whoever read it stopped.
	Cut bool
}

// Stream is the media type of server-sent events.
const Stream = "text/event-stream"

// JudgeAnswer says how an answer differs from what the document promises to the
// request, "" if it does not. path is the path of the request as it was sent,
// without its query. A path that is not the document's must be refused by 404,
// a method that the path does not have by 405 with Allow.
func (d *Document) JudgeAnswer(method, path string, a Answer) string {
	o, _ := d.Find(method, path)
	switch {
	case o != nil:
		return o.judge(method, a)
	case d.Known(path) && method == http.MethodOptions:
		if a.Status != http.StatusNoContent || a.Header.Get("Allow") == "" {
			return fmt.Sprintf("OPTIONS is answered %d with Allow %q, want 204 with the methods", a.Status, a.Header.Get("Allow"))
		}
		return ""
	case d.Known(path):
		if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") == "" {
			return fmt.Sprintf("a method that is not there is answered %d with Allow %q, want 405 with the methods", a.Status, a.Header.Get("Allow"))
		}
	case a.Status != http.StatusNotFound:
		return fmt.Sprintf("a path that is not there is answered %d, want 404", a.Status)
	}
	return d.judgeRefusal(method, a)
}

// judgeRefusal judges a refusal that no operation gave.
func (d *Document) judgeRefusal(method string, a Answer) string {
	s := d.Components.Schemas["Error"]
	if s == nil || method == http.MethodHead {
		return ""
	}
	if problem := s.Judge(a.Body); problem != "" {
		return fmt.Sprintf("answer %d: %s", a.Status, problem)
	}
	return ""
}

// judge judges an answer of the operation.
func (o *Operation) judge(method string, a Answer) string {
	said, known := o.Responses[strconv.Itoa(a.Status)]
	if !known {
		return fmt.Sprintf("is answered %d, which the document does not know: %.200s", a.Status, a.Body)
	}
	if problem := judgeHeaders(said, a); problem != "" {
		return fmt.Sprintf("answer %d: %s", a.Status, problem)
	}
	if problem := judgeBody(said, method, a); problem != "" {
		return fmt.Sprintf("answer %d: %s", a.Status, problem)
	}
	return ""
}

func judgeHeaders(said Response, a Answer) string {
	for name, h := range said.Headers {
		values := a.Header.Values(name)
		switch {
		case len(values) > 1:
			return fmt.Sprintf("%s stands %d times", name, len(values))
		case len(values) == 0 && h.Required:
			return name + " is missing"
		case len(values) == 0:
			continue
		}
		if problem := h.Schema.JudgeText(values[0]); problem != "" {
			return name + ": " + problem
		}
	}
	return ""
}

func judgeBody(said Response, method string, a Answer) string {
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if len(said.Content) == 0 {
		if media != "" || len(a.Body) > 0 {
			return fmt.Sprintf("there must be no body; there is %q of type %q", a.Body, media)
		}
		return ""
	}
	content, known := said.Content[media]
	switch {
	case !known:
		return fmt.Sprintf("the type is %q, which the document does not know", media)
	case method == http.MethodHead:
		if len(a.Body) > 0 {
			return "HEAD is answered with a body"
		}
		return ""
	case content.Schema == nil:
		return ""
	case media == Stream:
		return judgeStream(content.Schema, a)
	}
	return content.Schema.Judge(a.Body)
}

// judgeStream judges the data of each event; one that was cut does not count.
func judgeStream(s *Schema, a Answer) string {
	events := bytes.Split(a.Body, []byte("\n\n"))
	if last := events[len(events)-1]; len(last) > 0 && !a.Cut {
		return fmt.Sprintf("the stream ends within an event: %q", last)
	}
	for _, event := range events[:len(events)-1] {
		fields := make(map[string]string)
		for line := range strings.Lines(string(event)) {
			name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			if !ok || !slices.Contains([]string{"id", "event", "data", ""}, name) {
				return fmt.Sprintf("the line %q of an event is unknown", line)
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
			return fmt.Sprintf("the event %q lacks its data, its kind or, having a number, its id", event)
		}
		if problem := s.Judge([]byte(fields["data"])); problem != "" {
			return fmt.Sprintf("event %s: %s", fields["id"], problem)
		}
		if data.Kind != fields["event"] {
			return fmt.Sprintf("event %s is called %s and tells of %s", fields["id"], fields["event"], data.Kind)
		}
	}
	return ""
}
