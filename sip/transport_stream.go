package sip

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// StreamNetwork opens the connections of stream transports.
type StreamNetwork interface {
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	Listen(at netip.AddrPort) (net.Listener, error)
}

// systemTCP is the StreamNetwork of the operating system. Its connections come from the
// addresses that a transport is bound to, which carriers have on their lists.
type systemTCP struct{ from []netip.AddrPort }

func (n systemTCP) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(writeLimit.Milliseconds()))
		})
		return errors.Join(failed, err)
	}}
	if from, ok := sameVersion(n.from, to.Addr()); ok && !from.Addr().IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(from.Addr(), 0))
	}
	return d.DialContext(ctx, "tcp", to.String())
}

// Listen takes connections of both IP versions at [::], but where IPv4 has an address of
// its own.
func (n systemTCP) Listen(at netip.AddrPort) (net.Listener, error) {
	network := "tcp"
	if at.Addr().Is6() && len(n.from) > 1 {
		network = "tcp6"
	}
	return net.Listen(network, at.String())
}

// streamTransport carries messages over connections (RFC 3261 §18): one to each address,
// whichever side opened it, and another one once that has broken. It listens from the
// first message sent on: far ends may open connections of their own for requests.
type streamTransport struct {
	agent   *Agent
	name    Transport
	addrs   *localAddrs
	accepts bool // connections that far ends open
	network StreamNetwork
	// client and server secure a connection that this side or the far end opened; nil:
	// it is plain. They return once that is done, or ctx is.
	client func(ctx context.Context, conn net.Conn, to hop) (net.Conn, error)
	server func(ctx context.Context, conn net.Conn) (net.Conn, error)

	mu        sync.Mutex // no other lock is taken under it but the Agent's mu
	listen    sync.Once
	listeners []net.Listener
	streams   map[hop]*stream // by the far end
	accepted  map[hop]*stream // of them, those that far ends opened
	unknown   int             // of them, those that unknown addresses opened
}

const (
	maxQueued  = 256                    // messages that wait for one connection
	maxUnknown = 100                    // connections of addresses that are neither a trunk's nor allowed
	dialLimit  = 10 * time.Second       // until a connection is up, and secured
	writeLimit = 10 * time.Second       // until the far end has taken a message, and its kernel has acknowledged it
	readLimit  = 10 * time.Second       // from the first byte of a message to its last
	idleLimit  = 5 * time.Minute        // between messages, of an unknown address
	lastWords  = 100 * time.Millisecond // that are waited for once nothing can be written
	pongLimit  = 10 * time.Second       // until a keep-alive is answered (RFC 5626 §4.4.1)
)

// newStreamTransport makes a stream transport of an Agent. It opens no socket yet.
func newStreamTransport(a *Agent, name Transport, addrs *localAddrs) *streamTransport {
	t := &streamTransport{agent: a, name: name, addrs: addrs, accepts: true, network: a.cfg.Streams, streams: map[hop]*stream{}, accepted: map[hop]*stream{}}
	if t.network == nil {
		t.network = systemTCP{addrs.bound}
	}
	return t
}

func (t *streamTransport) protocol() Transport { return t.name }
func (t *streamTransport) reliable() bool      { return true }
func (t *streamTransport) local() *localAddrs  { return t.addrs }

// responseHop implements transport: the connection that the request came over, or, if
// that is closed, the address that its Via names (RFC 3261 §18.2.2).
func (t *streamTransport) responseHop(v via, from hop) hop {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams[from] == nil {
		from.addr = netip.AddrPortFrom(from.addr.Addr(), cmp.Or(v.port, t.name.port()))
	}
	return from
}

// send implements transport: it queues the message for the connection, which it opens if
// there is none. What becomes of that is reported by Agent.connectionLost.
func (t *streamTransport) send(raw []byte, to hop) (connection, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.agent.isClosing() {
		return nil, net.ErrClosed
	}
	t.listen.Do(t.openListeners)
	s := t.streams[to]
	if s == nil {
		s = t.add(to, false)
		if !t.agent.background(s.dial) {
			return nil, net.ErrClosed
		}
	}
	select {
	case s.out <- raw:
		return s, nil
	default:
		return nil, fmt.Errorf("%d messages wait for the connection to %s already", maxQueued, to.addr)
	}
}

// silent implements connection: one over which nothing came since the request was sent
// may be dead without an error, as the kernel finds out after a quarter of an hour or
// never. It is closed, so that the next request opens another one.
func (s *stream) silent(sent time.Time) {
	if s.received.Load() < sent.UnixNano() {
		s.close(errors.New("nothing came over the connection while a request waited for its response"))
	}
}

func (t *streamTransport) add(remote hop, accepted bool) *stream {
	s := &stream{transport: t, remote: remote, accepted: accepted, out: make(chan []byte, maxQueued), done: make(chan struct{})}
	t.streams[remote] = s
	if accepted {
		t.accepted[remote] = s
	}
	return s
}

func (t *streamTransport) openListeners() {
	if !t.accepts {
		return
	}
	for _, at := range t.addrs.bound {
		l, err := t.network.Listen(at)
		if err != nil {
			t.agent.cfg.Log.Warn("SIP connections cannot be accepted, only opened", "transport", t.name, "listen", at, "error", err)
			continue
		}
		t.listeners = append(t.listeners, l)
		t.agent.background(func() { t.accept(l) })
	}
}

// accept takes connections until the listener is closed.
func (t *streamTransport) accept(l net.Listener) {
	for failed := 0; ; {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			t.agent.log.Warn("accept a SIP connection", "error", err)
			failed++
			time.Sleep(min(time.Duration(failed)*time.Millisecond, time.Second))
			continue
		}
		failed = 0
		addr, ok := addrPort(conn.RemoteAddr())
		remote := hop{transport: t, addr: addr}
		t.mu.Lock()
		unknown := !t.agent.guard.knows(addr.Addr())
		full := unknown && t.unknown >= maxUnknown
		if !ok || full || t.agent.isClosing() || t.streams[remote] != nil {
			t.mu.Unlock()
			if full {
				t.agent.drop(droppedConnection, nil, addr, time.Now())
			}
			_ = conn.Close()
			continue
		}
		s := t.add(remote, true)
		if s.unknown = unknown; unknown {
			t.unknown++
		}
		t.mu.Unlock()
		t.agent.background(func() { s.serve(conn) })
	}
}

func (t *streamTransport) close() error {
	t.mu.Lock()
	var err error
	for _, l := range t.listeners {
		err = errors.Join(err, l.Close())
	}
	streams := slices.Collect(maps.Values(t.streams))
	t.mu.Unlock()
	for _, s := range streams {
		s.close(net.ErrClosed)
	}
	return err
}

// stream is one connection. A goroutine reads it and one writes it.
type stream struct {
	transport *streamTransport
	remote    hop
	accepted  bool // the far end opened it
	unknown   bool // and its address may not send anything
	out       chan []byte
	done      chan struct{} // closed with the connection
	once      sync.Once
	received  atomic.Int64 // when a message or a line break began to come last, in Unix nanoseconds
	pinged    atomic.Int64 // when the keep-alive that has no answer was sent; 0: there is none
	pongs     atomic.Int64 // keep-alives that were answered

	mu    sync.Mutex
	conn  net.Conn  // nil while it is opened
	began time.Time // when it was open
}

// dial opens the connection, and then writes it.
func (s *stream) dial() {
	ctx, cancel := context.WithTimeout(s.transport.agent.ctx, dialLimit)
	defer cancel()
	conn, err := s.transport.network.Dial(ctx, s.remote.addr)
	if err != nil {
		s.close(err)
		return
	}
	if s.transport.client != nil {
		plain := conn
		if conn, err = s.transport.client(ctx, plain, s.remote); err != nil {
			_ = plain.Close()
			s.close(err)
			return
		}
	}
	if s.begin(conn) && s.transport.agent.background(s.read) {
		s.write()
	}
}

// serve takes a connection that the far end opened.
func (s *stream) serve(conn net.Conn) {
	if s.transport.server != nil {
		ctx, cancel := context.WithTimeout(s.transport.agent.ctx, dialLimit)
		defer cancel()
		plain := conn
		var err error
		if conn, err = s.transport.server(ctx, plain); err != nil {
			_ = plain.Close()
			s.close(err)
			return
		}
	}
	if s.begin(conn) && s.transport.agent.background(s.write) {
		s.read()
	}
}

// begin takes the connection, unless the stream was closed meanwhile.
func (s *stream) begin(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		_ = conn.Close()
		return false
	default:
		s.conn, s.began = conn, time.Now()
		return true
	}
}

// write writes what is queued, and keep-alives, until the connection is closed.
func (s *stream) write() {
	interval := s.transport.agent.cfg.KeepAlive
	if interval == 0 || s.accepted { // the side that opened it keeps it alive (RFC 5626 §3.5)
		interval = math.MaxInt64
	}
	keepAlive, awaited := time.NewTimer(interval), min(pongLimit, interval/2)
	defer keepAlive.Stop()
	for awaiting := false; ; {
		raw := keepAlivePing
		select {
		case raw = <-s.out:
		case now := <-keepAlive.C:
			if awaiting = !awaiting; !awaiting {
				if s.isUnanswered() {
					s.close(fmt.Errorf("a keep-alive was not answered within %s", awaited))
					return
				}
				keepAlive.Reset(interval - awaited)
				continue
			}
			s.pinged.Store(now.UnixNano())
			keepAlive.Reset(awaited)
		case <-s.done:
			return
		}
		now := time.Now()
		s.transport.agent.trace(true, s.remote, raw, now)
		_ = s.conn.SetWriteDeadline(now.Add(writeLimit))
		if _, err := s.conn.Write(raw); err != nil {
			select { // what the far end sent before it closed the connection says more
			case <-s.done:
			case <-time.After(lastWords):
				s.close(err)
			}
			return
		}
	}
}

// The keep-alive of RFC 5626 §3.5.1 and its answer.
var keepAlivePing, keepAlivePong = []byte("\r\n\r\n"), []byte("\r\n")

// minPongs is how many keep-alives a far end has answered before it is held to answer
// them: most implementations of RFC 3261 alone do not, and skip line breaks.
const minPongs = 2

// isUnanswered says whether a far end that answers keep-alives has not answered the last,
// by anything at all.
func (s *stream) isUnanswered() bool {
	pinged := s.pinged.Load()
	return pinged != 0 && s.received.Load() < pinged && s.pongs.Load() >= minPongs
}

// onLineBreaks takes the line breaks between two messages, one or two, which came at a
// time: two are a keep-alive, one answers ours.
func (s *stream) onLineBreaks(n int, now time.Time) {
	s.received.Store(now.UnixNano())
	switch {
	case n == 1 && s.pinged.Swap(0) != 0:
		s.pongs.Add(1)
	case n == 2:
		select {
		case s.out <- keepAlivePong:
		default:
		}
	}
}

// read reads messages until the connection is closed, or its framing is lost.
func (s *stream) read() {
	a := s.transport.agent
	f := framer{r: bufio.NewReader(s.conn), lineBreaks: func(n int) { s.onLineBreaks(n, time.Now()) }}
	limit := readLimit // until the first message of an unknown address
	for {
		idle := time.Time{}
		if s.unknown {
			idle = time.Now().Add(limit)
		}
		_ = s.conn.SetReadDeadline(idle)
		if err := f.begin(); err != nil {
			s.close(readError(err, "nothing came for "+limit.String()))
			return
		}
		now := time.Now()
		s.received.Store(now.UnixNano())
		_ = s.conn.SetReadDeadline(now.Add(readLimit))
		raw, err := f.next()
		if err != nil {
			err = readError(err, "it did not end within "+readLimit.String())
			if !errors.Is(err, net.ErrClosed) && (!s.unknown || a.admit(raw, s.remote.addr, now)) {
				a.discardResponse(raw, s.remote, fault{reason: "its end on the connection cannot be told", detail: err.Error()})
			}
			s.close(err)
			return
		}
		if s.unknown && !a.admit(raw, s.remote.addr, now) {
			s.close(errors.New("a message of an unknown address belonged to no call"))
			return
		}
		limit = idleLimit
		a.trace(false, s.remote, raw, now)
		a.receive(raw, s.remote, now)
	}
}

// readError says in words what the far end did; late is what a deadline means.
func readError(err error, late string) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the far end closed the connection")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New(late)
	}
	return err
}

// close closes the connection, and reports it to the requests that wait for a response
// over it.
func (s *stream) close(err error) {
	s.once.Do(func() {
		t := s.transport
		t.mu.Lock()
		if t.streams[s.remote] == s {
			delete(t.streams, s.remote)
			delete(t.accepted, s.remote)
		}
		if s.unknown {
			t.unknown--
		}
		t.mu.Unlock()
		close(s.done)
		s.mu.Lock()
		taken := s.conn != nil
		if taken {
			_ = s.conn.Close()
		}
		s.mu.Unlock()
		// In a goroutine of its own: the caller may hold the lock of a transaction.
		t.agent.background(func() { t.agent.connectionLost(s.remote, s, taken, err) })
	})
}

var errTooLong = fmt.Errorf("the message is longer than %d bytes", maxMessage)

// framer cuts a stream into messages by their Content-Length (RFC 3261 §18.3).
type framer struct {
	r   *bufio.Reader
	buf []byte
	// lineBreaks is called with each line break between messages, or each two that came
	// at once.
	lineBreaks func(int)
}

// begin waits for the first byte of a message, and drops line breaks before it
// (RFC 3261 §7.5).
func (f *framer) begin() error {
	for breaks := 0; ; {
		b, err := f.r.ReadByte()
		switch {
		case err != nil:
			return err
		case b == '\n':
			if breaks++; breaks == 2 || f.r.Buffered() == 0 {
				f.lineBreaks(breaks)
				breaks = 0
			}
		case b != '\r':
			return f.r.UnreadByte()
		}
	}
}

// next reads one message, which is valid until the next call. With an error it returns
// what came of the message.
func (f *framer) next() ([]byte, error) {
	f.buf = f.buf[:0]
	for {
		line, err := f.r.ReadSlice('\n')
		f.buf = append(f.buf, line...)
		switch {
		case len(f.buf) > maxMessage:
			return f.buf, errTooLong
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			return f.buf, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 && (len(f.buf) == len(line) || f.buf[len(f.buf)-len(line)-1] == '\n') {
			break
		}
	}
	length, err := contentLength(f.buf)
	if err == nil && len(f.buf)+length > maxMessage {
		err = errTooLong
	}
	if err != nil {
		return f.buf, err
	}
	head := len(f.buf)
	f.buf = append(f.buf, make([]byte, length)...)
	_, err = io.ReadFull(f.r, f.buf[head:])
	return f.buf, err
}

// contentLength reads the Content-Length of a message's head, which must be there on a
// stream (RFC 3261 §20.14).
func contentLength(head []byte) (int, error) {
	length := -1
	_, rest := cutLine(head)
	for len(rest) > 0 {
		var line []byte
		line, rest = cutFolded(rest)
		name, value, _ := bytes.Cut(line, []byte(":"))
		if name = bytes.TrimSpace(name); !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, ok := number(string(bytes.TrimSpace(value)))
		switch {
		case !ok || n > maxMessage:
			return 0, errors.New("its Content-Length is not a number from 0 to " + strconv.Itoa(maxMessage))
		case length >= 0 && length != int(n):
			return 0, errors.New("it has two Content-Lengths")
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errors.New("it has no Content-Length")
	}
	return length, nil
}
