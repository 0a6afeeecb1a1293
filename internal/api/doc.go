// Package api serves HTTP: tokens, the start of interactions, the state of
// executions, health and metrics. The paths of the original stand at the root,
// our own resources under /v1.
//
// It deliberately knows neither how a flow runs nor where anything is kept:
// what it needs of others are the interfaces of config.go.
//
// Read in this order: config.go, routes.go, api.go, authorise.go; then a
// request's way through token.go, start.go, body.go, timing.go, once.go and
// limiter.go; execution.go, list.go, events.go, news.go, report.go, flows.go and
// drafts.go, calls.go, prompts.go, trunks.go and webhooks.go, which show and
// change; openapi.go, schemas.go, chapters.go, examples.go and manual.go, which
// describe. refusal.go, codes.go and etag.go hold how anything is refused.
package api
