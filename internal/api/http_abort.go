package api

import (
	"crypto/tls"
	"net"
	"net/http"
)

// abort ends an answer that has begun and cannot be finished, in a way that nobody
// takes for its end: the connection is reset. In HTTP/1.1 the missing last chunk
// tells as much; in HTTP/1.0, which proxies still speak, the end of the
// connection is the end of the answer, and a plain close would complete it.
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
