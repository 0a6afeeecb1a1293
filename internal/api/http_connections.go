package api

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of connections at once. Open connections must not use up the
// memory and file descriptors that calls in progress need.
const (
	maxConnections = 10_000
	maxPerAddress  = 5_000 // enough for a proxy in front of all clients
	// logEvery is how often it is logged that there were too many.
	logEvery = time.Minute
)

// connections counts the connections of a server, and logs those that sent no valid
// request. Its methods may be called by several goroutines.
type connections struct {
	most, ofAddress int
	log             *slog.Logger
	logged          logRate

	mu       sync.Mutex // guards what follows
	open     map[net.Conn]netip.Addr
	of       map[netip.Addr]int
	sent     map[net.Conn]*connStats
	refused  int // since it was logged last
	loggedAt time.Time
}

// connStats counts what arrived over a connection: how often data began, and how often
// it was a request.
type connStats struct{ begun, requests atomic.Int64 }

// connStatsKey is the key of *sent in the context of a request.
type connStatsKey struct{}

func newConnections(most, ofAddress int, log *slog.Logger) *connections {
	return &connections{most: most, ofAddress: ofAddress, log: log, open: make(map[net.Conn]netip.Addr), of: make(map[netip.Addr]int), sent: make(map[net.Conn]*connStats)}
}

// context is the ConnContext of a server.
func (c *connections) context(ctx context.Context, conn net.Conn) context.Context {
	s := new(connStats)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[conn] = s
	return context.WithValue(ctx, connStatsKey{}, s)
}

// countRequests counts the requests to h.
func (c *connections) countRequests(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, ok := r.Context().Value(connStatsKey{}).(*connStats); ok {
			s.requests.Add(1)
		}
		h.ServeHTTP(w, r)
	})
}

// connState is the ConnState of a server: it closes connections beyond the limits.
func (c *connections) connState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.add(conn) {
			_ = conn.Close() // the server finds it closed and forgets it
		}
	case http.StateActive:
		if s := c.statsOf(conn); s != nil {
			s.begun.Add(1)
		}
	case http.StateClosed, http.StateHijacked:
		if s := c.statsOf(conn); s != nil && s.begun.Load() > s.requests.Load() && !multiplexed(conn) {
			c.logged.write(c.log, slog.LevelInfo, logKind{what: "no request"}, "no request could be read from a connection", "remote", conn.RemoteAddr().String())
		}
		c.remove(conn)
	}
}

func (c *connections) statsOf(conn net.Conn) *connStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent[conn]
}

// multiplexed reports whether a connection speaks HTTP/2, whose states do not
// follow requests.
func multiplexed(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

func (c *connections) add(conn net.Conn) bool {
	from := addressOf(conn.RemoteAddr().String())
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most || c.of[from] >= c.ofAddress {
		c.refused++
		if now := time.Now(); now.Sub(c.loggedAt) >= logEvery {
			c.log.Warn("too many connections", "refused", c.refused, "open", len(c.open), "of_address", c.of[from], "remote", from)
			c.refused, c.loggedAt = 0, now
		}
		return false
	}
	c.open[conn] = from
	c.of[from]++
	return true
}

func (c *connections) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sent, conn)
	from, entered := c.open[conn]
	if !entered {
		return
	}
	delete(c.open, conn)
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}
