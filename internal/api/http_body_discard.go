package api

import (
	"io"
	"net/http"
	"time"
)

// The rest of a refused body is read and discarded: a connection that closes with
// unread data is reset, and a client that writes all of a request before it reads would
// never see the response. The bounds end bodies without end, and slow ones.
const (
	maxDiscarded = 64 << 20 // bytes
	discardTime  = 30 * time.Second
	discardIdle  = 5 * time.Second // between two pieces
	// maxReused is how much of a body may be left for the connection to be used again
	// behind the refusal, in bytes.
	maxReused = 256 << 10
)

// unreadBody is the body of a request, with how far a handler has read it.
type unreadBody struct {
	io.ReadCloser
	length  int64 // as the request says, negative if it does not
	expects bool  // the client waits for 100 Continue (RFC 9110 §10.1.1), which net/http sends with the first read
	read    bool  // it has been read from
	over    bool  // it has ended, or cannot be read on
	left    bool  // what is left is to be discarded
}

// watchBody puts an unreadBody into a copy of a request that came over HTTP/1. The
// one that net/http looks at stays as it is.
func watchBody(r *http.Request) (*http.Request, *unreadBody) {
	if r.ProtoMajor != 1 || r.Body == nil || r.ContentLength == 0 {
		return r, nil
	}
	b := &unreadBody{ReadCloser: r.Body, length: r.ContentLength, expects: r.Header.Get("Expect") != "" && r.ProtoAtLeast(1, 1)}
	r = r.WithContext(r.Context())
	r.Body = b
	return r, b
}

// Read implements io.Reader.
func (b *unreadBody) Read(p []byte) (int, error) {
	b.read = true
	n, err := b.ReadCloser.Read(p)
	b.over = b.over || err != nil
	return n, err
}

// respondEarly has the error that is about to be written sent before the rest of the
// body arrives. A client that waits for 100 Continue is not sent it: net/http closes its
// connection. b may be nil.
func (b *unreadBody) respondEarly(w http.ResponseWriter) {
	if b == nil || b.over || b.expects && !b.read {
		return
	}
	if b.left = http.NewResponseController(w).EnableFullDuplex() == nil; b.left && (b.length < 0 || b.length > maxReused) {
		w.Header().Set("Connection", "close")
	}
}

// discard sends the error, and reads the rest of the body within the bounds,
// or until the server closes. It panics with http.ErrAbortHandler, which closes the
// connection, if the body has not ended by then and the connection would be used
// again: net/http would read the rest of the body as the next request. b may be nil.
func (b *unreadBody) discard(w http.ResponseWriter, closing <-chan struct{}) {
	if b == nil || !b.left {
		return
	}
	if !b.ends(http.NewResponseController(w), closing) && w.Header().Get("Connection") != "close" {
		panic(http.ErrAbortHandler)
	}
}

// ends reads the rest of the body, and reports whether it has ended.
func (b *unreadBody) ends(control *http.ResponseController, closing <-chan struct{}) bool {
	if control.Flush() != nil {
		return false
	}
	end, piece := time.Now().Add(discardTime), make([]byte, 32<<10)
	for taken := 0; taken < maxDiscarded && time.Now().Before(end) && !closed(closing); {
		idle := time.Now().Add(discardIdle)
		if idle.After(end) {
			idle = end
		}
		if control.SetReadDeadline(idle) != nil {
			return false
		}
		n, err := b.ReadCloser.Read(piece)
		if taken += n; err != nil {
			return err == io.EOF
		}
	}
	return false
}
