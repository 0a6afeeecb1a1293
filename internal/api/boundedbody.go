package api

import (
	"io"
	"net/http"
)

// maxUnread is how much of a body that is too large is taken before it is
// refused, in bytes. A connection that closes with less taken than sent is reset,
// and who sends slowly never reads the answer.
const maxUnread = 256 << 10

// boundedBody is the body of a request, of which at most limit bytes are read.
type boundedBody struct {
	io.ReadCloser
	req   *request
	limit int64
	read  bool // something of it has been asked for, which net/http answers with 100 Continue
}

// boundBody bounds the body of req, and returns what knows how far it was read.
func boundBody(w http.ResponseWriter, req *request, limit int64) *boundedBody {
	b := &boundedBody{ReadCloser: req.Body, req: req, limit: limit}
	req.Body = http.MaxBytesReader(w, b, limit)
	return b
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	b.read = true
	return b.ReadCloser.Read(p)
}

// announced reports whether the request says that its body is too large.
func (b *boundedBody) announced() bool { return b.req.ContentLength > b.limit }

// giveUp prepares a refusal of the body. A client that waits for 100 Continue
// (RFC 9110 §10.1.1) has sent nothing and is asked for nothing; of any other the
// body is on its way, and is taken so far that it reads the answer.
func (b *boundedBody) giveUp(w http.ResponseWriter) {
	if b.req.ProtoMajor == 1 {
		w.Header().Set("Connection", "close")
	}
	if waits := b.req.Header.Get("Expect") != "" && b.req.ProtoAtLeast(1, 1); b.read || !waits {
		_, _ = io.CopyN(io.Discard, b.ReadCloser, maxUnread) // what comes of it is for net/http to say
	}
}
