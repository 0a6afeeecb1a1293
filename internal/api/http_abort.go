package api

import (
	"crypto/tls"
	"net"
	"net/http"
)

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
