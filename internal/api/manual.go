package api

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Manual returns the page of the manual about the API, in Markdown. It is
// printed from the table of routes, like the OpenAPI document.
func Manual() []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, `# HTTP

The paths of the original stand at the root, our own resources under `+"`/v1`"+`. Bodies are JSON unless said
otherwise. `+"`/openapi.json`"+` describes every field; `+"`/docs`"+` is this page as the running server knows it.

## Scopes

A token holds the scopes that were asked for, or all of its client's. Where two are given, one suffices. It is valid
for 600 seconds, which its `+"`expires_in`"+` says: get another before then, or when a request is answered with 401.

| request | scope | |
|---|---|---|
`)
	for _, r := range routes() {
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.method, r.path, quoted(r.scopes), r.summary)
	}
	fmt.Fprint(&b, `
A flow that stands in the configuration's folder of flows is published from there at every start of the server: what
was published over HTTP since then is archived, if it differs. Change the file, or keep the flow out of the folder.

## Refusals

`+"`{code, message, description?, fields?: [{name, description}]}`"+`, but for `+"`POST /oauth/token`"+`, which refuses as RFC 6749
§5.2 says. Branch on the status; the code tells apart what shares one.

| code | status | |
|---|---|---|
`)
	for _, c := range codes() {
		fmt.Fprintf(&b, "| `%s` | %d | %s |\n", c.code, c.status, c.doc)
	}
	fmt.Fprint(&b, "\n## Parameters\n\n| parameter | of | |\n|---|---|---|\n")
	for _, r := range routes() {
		for _, p := range r.allParameters() {
			fmt.Fprintf(&b, "| `%s` (%s) | `%s %s` | %s |\n", p.name, p.in, r.method, r.path, p.doc)
		}
	}
	return b.Bytes()
}

// Document returns the OpenAPI document, as /openapi.json shows it.
func Document() []byte { return openAPI(routes()) }

func quoted(scopes []string) string {
	if len(scopes) == 0 {
		return "none"
	}
	return "`" + strings.Join(scopes, "` or `") + "`"
}

// manual shows the routes for people: GET /docs.
func (a *api) manual(w http.ResponseWriter, _ *request) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, err := w.Write(manualHTML(routes()))
	return err
}

// manualHTML writes the routes as a page that needs nothing else.
func manualHTML(routes []route) []byte {
	var b bytes.Buffer
	fmt.Fprint(&b, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ringflow HTTP API</title>`+
		`<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}code{background:#8882;padding:.1em .3em}`+
		`h2{margin-top:2em;font-size:1.1em}td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}</style>`+
		`<h1>Ringflow HTTP API</h1><p>For programs: <a href="/openapi.json">openapi.json</a>.</p>`)
	for _, r := range routes {
		fmt.Fprintf(&b, "<h2><code>%s %s</code></h2><p>%s</p>", r.method, html.EscapeString(r.path), html.EscapeString(r.summary))
		if len(r.scopes) > 0 {
			fmt.Fprintf(&b, "<p>Scope: <code>%s</code></p>", strings.Join(r.scopes, "</code> or <code>"))
		}
		fmt.Fprint(&b, "<table>")
		for _, p := range r.allParameters() {
			fmt.Fprintf(&b, "<tr><td><code>%s</code><td>%s<td>%s", html.EscapeString(p.name), p.in, html.EscapeString(p.doc))
		}
		fmt.Fprint(&b, "</table><p>Answers:")
		for _, status := range answersOf(r) {
			fmt.Fprintf(&b, " <code>%d %s</code>", status, http.StatusText(status))
		}
		fmt.Fprint(&b, "</p>")
	}
	return b.Bytes()
}

// answersOf returns all statuses that a route may answer.
func answersOf(r route) []int {
	all := make(map[int]bool)
	for _, a := range r.answers {
		all[a.status] = true
	}
	for _, status := range r.statuses() {
		all[status] = true
	}
	return slices.Sorted(maps.Keys(all))
}
