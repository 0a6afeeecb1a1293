package api_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"ringflow/internal/api"
)

// Every route of the document stands in both pages.
func TestManualIsComplete(t *testing.T) {
	w := newWorld(t, nil)
	if body := w.do("GET", "/openapi.json", "", "").Body.String(); body != string(api.Document()) {
		t.Error("Document is not what is served")
	}
	page, markdown := w.do("GET", "/docs", "", "").Body.String(), string(api.Manual())
	for _, o := range documentOf(t, w.handler).Operations {
		request := o.Method + " " + o.Path
		if !strings.Contains(page, "<code>"+request+"</code>") || !strings.Contains(markdown, "`"+request+"`") {
			t.Errorf("%s is missing", request)
		}
		for _, p := range o.Parameters {
			if p.In != "path" && (!strings.Contains(page, p.Name) || !strings.Contains(markdown, "`"+p.Name+"`")) {
				t.Errorf("%s: %s is missing", request, p.Name)
			}
		}
	}
}

// The page loads nothing and leads nowhere else.
func TestPageStandsAlone(t *testing.T) {
	page := newWorld(t, nil).do("GET", "/docs", "", "").Body.String()
	examples := regexp.MustCompile(`(?s)<pre>.*?</pre>`)
	for _, m := range regexp.MustCompile(`(?i)(src|href|url|import|@font-face|<script|<link|<img)[^>]*`).FindAllString(examples.ReplaceAllString(page, ""), -1) {
		if strings.Contains(m, "//") || strings.HasPrefix(m, "<") || strings.HasPrefix(m, "src=") || strings.HasPrefix(m, "url(") {
			t.Errorf("the page has %q", m)
		}
	}
	for anchor := range strings.SplitSeq(page, `href="#`) {
		if id, _, ok := strings.Cut(anchor, `"`); ok && !strings.HasPrefix(anchor, "<") && !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("nothing is called %s", id)
		}
	}
}

// Every code that an answer has stands in the manual, with its status.
func TestCodesAreInTheManual(t *testing.T) {
	w, markdown := newWorld(t, nil), string(api.Manual())
	for _, request := range [][4]string{
		{"POST", "/flows/installation-help/interactions", "starter", "x"},
		{"GET", "/v1/executions?limit=x", "reader", ""},
		{"GET", "/v1/executions", "", ""},
		{"GET", "/v1/executions", "starter", ""},
		{"POST", "/flows/x/interactions", "starter", "{}"},
		{"POST", "/flows/draft/interactions", "starter", "{}"},
		{"GET", "/v1/executions/x", "reader", ""},
		{"DELETE", "/v1/executions/x", "reader", ""},
		{"POST", "/v1/executions/execution-2/cancel", "starter", ""},
		{"POST", "/flows/installation-help/interactions", "starter", strings.Repeat("x", 70_000)},
		{"POST", "/flows/panic/interactions", "starter", "{}"},
	} {
		answer := w.do(request[0], request[1], request[2], request[3])
		var body struct{ Code string }
		if err := json.Unmarshal(answer.Body.Bytes(), &body); err != nil {
			t.Error(err)
		}
		if row := "| `" + body.Code + "` | " + strings.Fields(answer.Result().Status)[0] + " |"; !strings.Contains(markdown, row) {
			t.Errorf("%s %s: the manual lacks %q", request[0], request[1], row)
		}
	}
}
