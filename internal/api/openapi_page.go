package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"html/template"
	"maps"
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
	Scopes      []pageScope
	Errors      string
	Codes       []pageCode
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
	Answers                   []pageAnswer
	Examples                  []pageExample
}

type pageParameter struct{ Name, In, Doc string }

type pageAnswer struct {
	Status int
	Text   string
}

type pageExample struct {
	Status          int
	Command, Answer string
}

type pageScope struct{ Name, May string }

type pageCode struct {
	Code      string
	Status    int
	Doc, Todo string
}

// manual shows the routes for people, with the URL at which they asked: GET /docs.
func (a *api) manual(w http.ResponseWriter, req *request) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, err := w.Write(bytes.ReplaceAll(a.page(), []byte(DefaultURL), []byte(html.EscapeString(a.base(req.Request)))))
	return err
}

// rootPath leads to the manual.
const rootPath = "/"

// root leads to the manual: GET /.
func (a *api) root(w http.ResponseWriter, _ *request) error {
	below := issuerPath(a.config.URL)
	h := w.Header()
	h.Set("Location", below+"/docs")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusSeeOther)
	_, err := fmt.Fprintf(w, "This is Ringflow. Its manual is at %s/docs, its OpenAPI document at %s/openapi.json.\n", below, below)
	return err
}

// manualHTML returns the page.
func manualHTML(routes []route) []byte {
	return execute(template.Must(template.New("page").Funcs(template.FuncMap{"prose": prose}).Parse(pageFile)), newPage(routes))
}

// newPage returns what the manual shows of the routes.
func newPage(routes []route) page {
	p := page{Conventions: conventions, Errors: errorProse}
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
	may := scopesOf(routes)
	for _, scope := range slices.Sorted(maps.Keys(may)) {
		p.Scopes = append(p.Scopes, pageScope{scope, "`" + strings.ReplaceAll(may[scope].(string), ", ", "`, `") + "`"})
	}
	for _, c := range codes() {
		p.Codes = append(p.Codes, pageCode{c.code, c.status, c.doc, c.todo})
	}
	return p
}

func (r route) page(shown []example) pageRoute {
	p := pageRoute{ID: r.id(), Method: r.method, Path: r.path, Summary: r.summary, Scopes: r.scopes}
	for _, one := range r.allParameters() {
		p.Parameters = append(p.Parameters, pageParameter{one.name, one.in, one.doc})
	}
	for _, status := range answersOf(r) {
		p.Answers = append(p.Answers, pageAnswer{status, http.StatusText(status)})
	}
	for _, e := range shown {
		if e.Answer != "" || e.Answered == "" {
			p.Examples = append(p.Examples, pageExample{e.Status, e.command(), e.shown()})
		}
	}
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

// answersOf returns all statuses that a route may answer.
func answersOf(r route) []int {
	all := make(map[int]bool)
	for _, a := range r.answers {
		all[a.status] = true
	}
	for _, status := range r.errorStatuses() {
		all[status] = true
	}
	return slices.Sorted(maps.Keys(all))
}
