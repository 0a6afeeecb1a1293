package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

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
