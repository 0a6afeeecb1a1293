package api

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// request is an HTTP request of an authenticated client, and its answer.
type request struct {
	*http.Request
	auth.Principal
	route  route
	query  url.Values // its values are those that the route's parameters may have
	answer *statusWriter
	// status is that of the answer that the handler returns, 0: that of the route's first.
	status int
}

// number returns a parameter that is a number, or its default.
func (r *request) number(name string) int {
	if n, err := strconv.Atoi(r.query.Get(name)); err == nil {
		return n
	}
	p, _ := r.route.parameter(name)
	n, _ := p.limits["default"].(int)
	return n
}

// time returns a parameter that is a time, the zero time if it is not there.
func (r *request) time(name string) time.Time {
	t, _ := time.Parse(time.RFC3339, r.query.Get(name))
	return t
}

// execution is the id of the execution that the path names.
func (r *request) execution() record.ExecutionID {
	return record.ExecutionID(r.PathValue("flow_execution_id"))
}

// extend lifts the server's limit on the whole answer and sets one on its next part. A
// writer that knows no limits needs none.
func (r *request) extend() {
	_ = http.NewResponseController(r.answer).SetWriteDeadline(time.Now().Add(eventTimeout))
}
