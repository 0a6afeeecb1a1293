package api

import (
	"context"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of a connection. They cut clients that are slow on purpose; an answer
// that takes its time by nature lifts its own.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 16 << 10
)

// NewServer returns a server for the handler whose limits cut slow clients, and
// close connections beyond 10,000, or 5,000 of one address.
// The caller gives it a listener and closes it; Shutdown ends event streams and
// lets every other request finish. log may be nil.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	closing, connections := make(chan struct{}), newConnections(maxConnections, maxPerAddress, log)
	server := &http.Server{
		Handler: connections.countRequests(h),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), closingKey{}, (<-chan struct{})(closing))
		},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnState:         connections.connState,
		ConnContext:       connections.context,
		ErrorLog:          stdlog.New(&serverLog{log: log}, "", 0),
	}
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(closing) }))
	return server
}
