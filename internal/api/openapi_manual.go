package api

import (
	"bytes"
	_ "embed" // openapi_manual.md.tmpl, openapi_page.html
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"
)

// Document returns the OpenAPI document, as /openapi.json shows it.
func Document() []byte { return openAPI(routes()) }

// conventions hold for all resources.
var conventions = []string{
	"Bodies are JSON in UTF-8 unless said otherwise, and are read as such whatever `Content-Type` says: there is no 415. `Accept` decides between a stream and pages of events alone: there is no 406. An answer has the type that the operation names.",
	"A body that `Content-Length` says to be larger than may be is refused with 413 before any of it is asked for: who sends `Expect: 100-continue` is not told to continue. One without a length is read up to the limit. Behind a 413 the connection is closed. Without a token that suffices, 401 and 403 come before the body too. Whoever writes all of a request before it reads can read every refusal: what is left of the body is taken and thrown away, 64 MiB of it for 30 seconds at most.",
	"Times are RFC 3339, in answers in UTC; only the report writes them as Talkdesk Studio does. Lengths of time end with `_ms`. What is not known yet is null; what does not apply is left out.",
	"A parameter that an operation does not know, or that is given twice, is refused, so that a misspelt `start_at` does not call somebody at once.",
	"Lists come in pages, of what traffic makes and of versions the newest first, of events the oldest first, of what people make by name: `limit` says how many, `next` of the answer is the `cursor` of the page that follows, null at the end. What comes or goes between two pages has nothing else told twice or left out. Talkdesk Studio's report jobs have its own pages.",
	"What can be edited has an `ETag`. A change with `If-Match` is made only if nobody has changed it since, one with `If-None-Match: *` only if there is nothing yet, else the answer is 412; without them the last one wins.",
	"`HEAD` answers as `GET` does without the body, `OPTIONS` with the methods in `Allow`. A slash at the end of a path makes no difference; an empty part, `.` or `..` in it is not found. `/metrics`, `/healthz` and `/readyz` have this one spelling and no other, so that a proxy's rule for them holds.",
	"Whatever belongs to an account carries `Cache-Control: no-store`. `Range` and conditional reads are ignored.",
	"What is no HTTP at all is refused in plain text and the connection is closed.",
}

// manualFile is the manual in Markdown.
//
//go:embed openapi_manual.md.tmpl
var manualFile string

// Manual returns the page of the manual about the API, in Markdown. It is made from the
// table of routes and the examples, like the OpenAPI document.
func Manual() []byte {
	return execute(texttemplate.Must(texttemplate.New("manual").Funcs(texttemplate.FuncMap{
		"quoted": quoted,
	}).Parse(manualFile)), newPage(routes()))
}

// execute writes a page by a template of text or HTML.
func execute(t interface{ Execute(io.Writer, any) error }, p page) []byte {
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		panic(fmt.Errorf("write the manual: %w", err)) // a template of ours; shows in every test
	}
	return b.Bytes()
}

const errorProse = "A refusal is `{code, message, description?, fields?: [{name, description}]}`, but for `POST /oauth/token`, which refuses as RFC 6749 " +
	"§5.2 says. Branch on the status; the code tells apart what shares one."

// quoted is a list of code, "none" if it is empty.
func quoted(between string, words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return "`" + strings.Join(words, "`"+between+"`") + "`"
}

// longLine is where a command is broken, in characters.
const longLine = 110

// Command is the example as one types it, a long one on several lines.
func (e example) Command() string {
	if len(e.Curl) <= longLine {
		return e.Curl
	}
	text := e.Curl
	for _, option := range []string{" -H ", " -d ", " --data-binary "} {
		text = strings.ReplaceAll(text, option, " \\\n "+option)
	}
	return text
}

// longAnswer is how many lines of an answer are shown.
const longAnswer = 40

// Shown is the answer as one reads it: status, header fields that are worth a
// look, and the body, JSON indented and what is long cut.
func (e example) Shown() string {
	lines := append([]string{fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))}, e.Header...)
	if e.Answer == "" {
		return strings.Join(lines, "\n")
	}
	body := e.Answer
	if e.Answered == "application/json" {
		var b bytes.Buffer
		if json.Indent(&b, []byte(body), "", "  ") == nil {
			body = b.String()
		}
	}
	lines = append(lines, "")
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\n") {
		if len(lines) > longAnswer {
			return strings.Join(lines, "\n") + "\n…"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// pageFile is the manual for a browser. It needs nothing but itself.
//
//go:embed openapi_page.html
var pageFile string

// page is what the template shows.
type page struct {
	Conventions []string
	Chapters    []pageChapter
	Scopes      map[string][]string // the requests that each allows
	Errors      string
	Codes       []code
}

type pageChapter struct {
	Title, Anchor, Prose string
	Routes               []pageRoute
}

// HasParameters reports whether one of the routes has parameters.
func (c pageChapter) HasParameters() bool {
	return slices.ContainsFunc(c.Routes, func(r pageRoute) bool { return len(r.Parameters) > 0 })
}

type pageRoute struct {
	ID, Method, Path, Summary string
	Scopes                    []string
	Parameters                []pageParameter
	Answers                   []int // statuses
	Examples                  []example
}

type pageParameter struct{ Name, In, Doc string }

// manual shows the routes for people, with the URL at which they asked: GET /docs.
func (a *api) manual(req *request) (any, error) {
	h := req.answer.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, err := req.answer.Write(bytes.ReplaceAll(a.page(), []byte(DefaultURL), []byte(html.EscapeString(a.base(req.Request)))))
	return nil, err
}

// rootPath leads to the manual.
const rootPath = "/"

// root leads to the manual: GET /.
func (a *api) root(req *request) (any, error) {
	below := issuerPath(a.config.URL)
	h := req.answer.Header()
	h.Set("Location", below+"/docs")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	req.answer.WriteHeader(http.StatusSeeOther)
	_, err := fmt.Fprintf(req.answer, "This is Ringflow. Its manual is at %s/docs, its OpenAPI document at %s/openapi.json.\n", below, below)
	return nil, err
}

// manualHTML returns the page.
func manualHTML(routes []route) []byte {
	return execute(template.Must(template.New("page").Funcs(template.FuncMap{"prose": prose, "quoted": quoted, "statusText": http.StatusText}).Parse(pageFile)), newPage(routes))
}

// newPage returns what the manual shows of the routes.
func newPage(routes []route) page {
	p := page{Conventions: conventions, Scopes: scopesOf(routes), Errors: errorProse, Codes: codes()}
	shown := examplesByOperation()
	for _, c := range chaptersOf(routes) {
		chapter := pageChapter{Title: c.title, Anchor: strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(c.title)), Prose: c.prose}
		for _, r := range routes {
			if r.chapter() == c.title {
				chapter.Routes = append(chapter.Routes, r.page(shown[r.id()]))
			}
		}
		p.Chapters = append(p.Chapters, chapter)
	}
	return p
}

func (r route) page(shown []example) pageRoute {
	p := pageRoute{ID: r.id(), Method: r.method, Path: r.path, Summary: r.summary, Scopes: r.scopes}
	for _, one := range r.allParameters() {
		p.Parameters = append(p.Parameters, pageParameter{one.name, one.in, one.doc})
	}
	for _, a := range r.allAnswers() {
		p.Answers = append(p.Answers, a.status)
	}
	slices.Sort(p.Answers)
	p.Answers = slices.Compact(p.Answers)
	p.Examples = slices.DeleteFunc(slices.Clone(shown), func(e example) bool { return e.Answer == "" && e.Answered != "" })
	return p
}

var (
	quotedWords = regexp.MustCompile("`([^`]+)`")
	links       = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
)

// prose turns the Markdown of our own prose into HTML: words in backquotes, and
// links, which lead to pages that are not served and become their text.
func prose(text string) template.HTML {
	text = links.ReplaceAllString(html.EscapeString(text), "$1")
	return template.HTML(quotedWords.ReplaceAllString(text, "<code>$1</code>"))
}
