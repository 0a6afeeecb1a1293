package sip

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzFraming holds that a framed message is bounded, ends where its Content-Length
// says, and is what a parser of datagrams reads; whatever comes before and after it.
func FuzzFraming(f *testing.F) {
	f.Add("SIP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabcOPTIONS sip:x SIP/2.0\nl : 0\n\n")
	f.Add("\r\n\r\nINVITE sip:x SIP/2.0\r\nContent-Length\r\n : 1\r\n\r\nx")
	f.Add("A\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")
	f.Add(strings.Repeat("x", maxMessage+1))
	f.Fuzz(func(t *testing.T, raw string) {
		none := func(int) {}
		whole := framer{r: bufio.NewReader(strings.NewReader(raw)), lineBreaks: none}
		split := framer{r: bufio.NewReader(iotest.OneByteReader(strings.NewReader(raw))), lineBreaks: none}
		for {
			if whole.begin() != nil {
				return
			}
			got, err := whole.next()
			if len(got) > maxMessage+4096 {
				t.Fatalf("%d bytes are kept of one message", len(got))
			}
			if split.begin() != nil {
				t.Fatal("a message that comes byte by byte is another")
			}
			again, splitErr := split.next()
			if !bytes.Equal(got, again) || (err == nil) != (splitErr == nil) {
				t.Fatalf("%q and %q, %v and %v", got, again, err, splitErr)
			}
			if err != nil {
				return
			}
			head, body, found := bytes.Cut(got, []byte("\n\r\n"))
			if h, b, ok := bytes.Cut(got, []byte("\n\n")); ok && (!found || len(h) < len(head)) {
				head, body = h, b
			}
			if n, err := contentLength(append(head, '\n')); err != nil || n != len(body) {
				t.Errorf("%q has %d bytes of body, want %d (%v)", got, len(body), n, err)
			}
		}
	})
}
