package api

import (
	"cmp"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ringflow/internal/keyed"
)

// api serves the routes. Its fields do not change after New.
type api struct {
	config         Config
	log            *slog.Logger
	mux            *http.ServeMux
	started        limiter[string]         // starts of interactions, by account
	startsBy       limiter[string]         // and by client
	starting       keyed.Mutex[accountKey] // starts that are under way
	failures       limiter[failureSource]  // failed authentications
	guesses        pacer[failureSource]    // authentications from sources with too many failures
	logged         logRate
	streams        concurrency
	uploads        concurrency // of prompts
	broadcaster    broadcaster
	requestMetrics requestMetrics
	document       func() []byte // OpenAPI, written at the first request
	page           func() []byte // the manual, in HTML, likewise
	names          versionNameCache
	// promptLocks are locked, for an account, while a prompt is read and then changed.
	promptLocks keyed.RWMutex
}

// New returns the handler of the whole API. It may be called by several
// goroutines.
func New(c Config) http.Handler {
	c.MaxBody, c.Streams = cmp.Or(c.MaxBody, DefaultMaxBody), cmp.Or(c.Streams, DefaultStreams)
	a := &api{config: c, log: c.Log, mux: http.NewServeMux(), requestMetrics: newRequestMetrics(c.Metrics)}
	a.broadcaster.feed, a.broadcaster.log = c.EventFeed, c.Log
	a.document = sync.OnceValue(Document)
	a.page = sync.OnceValue(func() []byte { return manualHTML(routes()) })
	a.names.titles = titlesOf(c.Components)
	byPath, exact := make(map[string]map[string]route), make(map[string]bool)
	for _, r := range routes() {
		if byPath[r.path] == nil {
			byPath[r.path] = make(map[string]route)
		}
		byPath[r.path][r.method] = r
		exact[r.path] = exact[r.path] || r.exactPath
	}
	other := a.dispatch("other", nil)
	a.mux.Handle("/", other)
	for path, methods := range byPath {
		h := a.dispatch(path, methods)
		if path == rootPath {
			a.mux.Handle("/{$}", h) // "/" is all that there is not
			continue
		}
		if exact[path] {
			a.mux.Handle(path, onlyExactPath(path, h, other))
			continue
		}
		a.mux.Handle(path, h)
		a.mux.Handle(path+"/{$}", h) // with a slash at the end it is the same resource
		if below := issuerPath(c.URL); below != "" && (path == metadataPath || path == openIDMetadataPath) {
			a.mux.Handle(path+below, h)
			a.mux.Handle(path+below+"/{$}", h)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isCanonicalPath(r.URL.EscapedPath()) {
			other.ServeHTTP(w, r) // the mux would redirect
			return
		}
		a.mux.ServeHTTP(w, r)
	})
}

// isCanonicalPath reports whether a path has no empty part, no dot segment, and no part
// that is an encoded slash, which the mux would take for a slash at the end.
func isCanonicalPath(p string) bool {
	tidy := path.Clean(p)
	return strings.HasPrefix(p, "/") && (tidy == p || tidy != "/" && tidy+"/" == p) && !strings.Contains(strings.ToLower(p)+"/", "/%2f/")
}

// onlyExactPath serves the path in this one spelling by h, and the others that the mux
// takes for it by other.
func onlyExactPath(path string, h, other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != path {
			other.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// dispatch serves one path: it finds the method, requires a token with the scope, and
// counts and logs refused requests.
func (a *api) dispatch(path string, methods map[string]route) http.Handler {
	allowed := slices.Collect(maps.Keys(methods))
	if _, get := methods[http.MethodGet]; get {
		allowed = append(allowed, http.MethodHead)
	}
	allowed = append(allowed, http.MethodOptions)
	slices.Sort(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		answer := &statusWriter{ResponseWriter: w}
		r, body := watchBody(r)
		answer.Header().Set("X-Content-Type-Options", "nosniff")
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		req := &request{Request: r, answer: answer}
		err := func() error {
			switch chosen, known := methods[method]; {
			case known:
				return a.serve(chosen, req)
			case len(methods) == 0:
				return &httpError{status: http.StatusNotFound, code: codeNotFound, message: "no such resource"}
			case method == http.MethodOptions:
				answer.Header().Set("Allow", strings.Join(allowed, ", "))
				answer.WriteHeader(http.StatusNoContent)
				return nil
			default:
				answer.Header().Set("Allow", strings.Join(allowed, ", "))
				return &httpError{status: http.StatusMethodNotAllowed, code: codeMethod, message: "method not allowed",
					description: "this resource knows " + strings.Join(allowed, ", ")}
			}
		}()
		if err != nil {
			if answer.status == 0 {
				body.respondEarly(answer)
			}
			a.writeError(req, path, err)
		}
		if _, known := methods[method]; !known {
			method = "other" // a label must not be chosen by clients
		}
		a.requestMetrics.observe(method, path, answer, time.Since(begin))
		body.discard(answer, closingOf(r.Context()))
	})
}

// serve authorises a request and runs its route. A panic is a fault of the server and
// ends the request alone.
func (a *api) serve(r route, req *request) (err error) {
	w := req.answer
	req.route = r
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.logged.write(a.log, slog.LevelError, logKind{req.ClientID, "panic " + r.path, 0}, "panic", "route", r.path, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if len(r.scopes) > 0 || r.path == tokenPath {
		w.Header().Set("Cache-Control", "no-store") // the response is of one client
	}
	if len(r.scopes) > 0 {
		if err := a.authorise(req); err != nil {
			return err
		}
	}
	if req.query, err = r.parseQuery(req.URL.RawQuery); err != nil {
		return err
	}
	limit := cmp.Or(r.maxBody, a.config.MaxBody)
	if r.body != nil && req.ContentLength > limit { // also before Expect: 100-continue
		err = &http.MaxBytesError{Limit: limit}
	} else {
		req.Body = http.MaxBytesReader(w, req.Body, limit)
		err = a.respond(req)
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) && req.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
	return err
}

// respond runs the route and writes what it returns.
func (a *api) respond(req *request) error {
	body, err := req.route.handle(a, req)
	switch status := cmp.Or(req.status, req.route.answers[0].status); {
	case err != nil || req.answer.status != 0:
		return err
	case body == nil:
		req.answer.WriteHeader(status)
	default:
		writeJSON(req.answer, status, body)
	}
	return nil
}

// writeError writes and logs an error. The log holds neither header fields nor the
// query, which may hold secrets. Without a token only an unready server is logged as an
// error; of many errors of one kind few are logged.
func (a *api) writeError(req *request, path string, err error) {
	r, w := httpErrorOf(err), req.answer
	level := slog.LevelInfo
	if r.status >= http.StatusInternalServerError && !r.intended {
		level = slog.LevelError
		if req.Account == "" && path != readyPath && path != tokenPath { // it concerns one client alone
			level = slog.LevelWarn
		}
	}
	a.logged.write(a.log, level, logKind{req.ClientID, path, r.status}, "request refused",
		"method", truncated(req.Method), "route", path, "path", truncated(req.URL.Path), "status", r.status,
		"code", r.code, "reason", r.Error(), "remote", req.RemoteAddr, "account", req.Account, "client", req.ClientID)
	if w.status != 0 {
		abort(w) // the response has begun
	}
	w.Header().Del("Content-Disposition")
	r.write(w)
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *statusWriter) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *statusWriter) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap lets an http.ResponseController reach the writer below.
func (a *statusWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// writeJSON writes an answer. A client that has gone is no error of the server.
func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Errorf("write answer: %w", err)) // a type of ours that is no JSON
	}
	writeText(w, status, append(text, '\n'))
}

// writeText is writeJSON of a text that is JSON.
func writeText(w http.ResponseWriter, status int, text []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// abort resets the connection of a response that has begun and cannot be finished. In
// HTTP/1.1 the missing last chunk shows that it is incomplete; in HTTP/1.0, which
// proxies still speak, a plain close would complete it.
func abort(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		raw := conn
		if secure, ok := conn.(*tls.Conn); ok {
			raw = secure.NetConn()
		}
		if tcp, ok := raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // what is not sent is dropped, the far end sees a reset
		}
		_ = raw.Close()
	}
	panic(http.ErrAbortHandler)
}
