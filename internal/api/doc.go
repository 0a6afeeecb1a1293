// Package api serves HTTP: tokens, the start of interactions, the state of
// executions, health and metrics. The paths of Talkdesk Studio stand at the root, our
// own resources under /v1.
//
// It does not know how a flow runs, nor where anything is stored: what it needs of
// others are the interfaces of config.go.
//
// Its files are named by their part: http_ (server, dispatch, errors, pages, bodies),
// limit_ (rates, shares, queues), token_, interactions.go (starts), executions.go,
// events_, calls.go, reports_, flows_, prompts.go, resources_, openapi_ (document,
// manual, page). Read config.go, routes.go, http_request.go and http_handler.go first.
package api
