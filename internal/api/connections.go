package api

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Limits of connections at once. They are there for calls in progress: whoever
// holds connections open must not use up the memory and the files that these
// need.
const (
	maxConnections = 10_000
	maxOfAddress   = 5_000 // enough for a proxy in front of everybody
	// complainEvery is how often it is logged that there were too many.
	complainEvery = time.Minute
)

// connections counts the connections of a server. Its methods may be called by
// several goroutines.
type connections struct {
	most, ofAddress int
	log             *slog.Logger

	mu         sync.Mutex // guards what follows
	open       map[net.Conn]netip.Addr
	of         map[netip.Addr]int
	refused    int // since it was logged last
	complained time.Time
}

func newConnections(most, ofAddress int, log *slog.Logger) *connections {
	return &connections{most: most, ofAddress: ofAddress, log: log, open: make(map[net.Conn]netip.Addr), of: make(map[netip.Addr]int)}
}

// follow is the ConnState of a server: it closes what is one too many.
func (c *connections) follow(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.enter(conn) {
			_ = conn.Close() // the server finds it closed and forgets it
		}
	case http.StateClosed, http.StateHijacked:
		c.leave(conn)
	}
}

func (c *connections) enter(conn net.Conn) bool {
	from := addressOf(conn.RemoteAddr().String())
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most || c.of[from] >= c.ofAddress {
		c.refused++
		if now := time.Now(); now.Sub(c.complained) >= complainEvery {
			c.log.Warn("too many connections", "refused", c.refused, "open", len(c.open), "of_address", c.of[from], "remote", from)
			c.refused, c.complained = 0, now
		}
		return false
	}
	c.open[conn] = from
	c.of[from]++
	return true
}

func (c *connections) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	from, entered := c.open[conn]
	if !entered {
		return
	}
	delete(c.open, conn)
	if c.of[from]--; c.of[from] == 0 {
		delete(c.of, from)
	}
}
