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

// systemTCP is the StreamNetwork of the operating system.
type systemTCP struct{}

func (systemTCP) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		failed := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(writeLimit.Milliseconds()))
		})
		return errors.Join(failed, err)
	}}
	return d.DialContext(ctx, "tcp", to.String())
}

func (systemTCP) Listen(at netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", at.String())
}

// tcpTransport carries messages over TCP (RFC 3261 §18): one connection to each address,
// whichever side opened it, and another one once that has broken. It listens from the
// first message sent on: far ends may open connections of their own for requests.
type tcpTransport struct {
	agent   *Agent
	network StreamNetwork

	mu       sync.Mutex // no other lock is taken under it but the Agent's mu
	listen   sync.Once
	listener net.Listener
	streams  map[netip.AddrPort]*stream // by the address of the far end
	unknown  int                        // of them, those that unknown addresses opened
}

const (
	maxQueued  = 256              // messages that wait for one connection
	maxUnknown = 100              // connections of addresses that are neither a trunk's nor allowed
	dialLimit  = 10 * time.Second // until a connection is up
	writeLimit = 10 * time.Second // until the far end has taken a message, and its kernel has acknowledged it
	readLimit  = 10 * time.Second // from the first byte of a message to its last
	idleLimit  = 5 * time.Minute  // between messages, of an unknown address
)

// openTCP makes the TCP transport of an Agent. It opens no socket yet.
func openTCP(a *Agent) transport {
	return &tcpTransport{agent: a, network: cmp.Or[StreamNetwork](a.cfg.Streams, systemTCP{}), streams: map[netip.AddrPort]*stream{}}
}

func (t *tcpTransport) protocol() Transport { return TCP }
func (t *tcpTransport) reliable() bool      { return true }

// responseAddr implements transport: the connection that the request came over, or, if
// that is closed, the address that its Via names (RFC 3261 §18.2.2).
func (t *tcpTransport) responseAddr(v via, from netip.AddrPort) netip.AddrPort {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.streams[from] != nil {
		return from
	}
	return netip.AddrPortFrom(from.Addr(), v.sentPort())
}

// send implements transport: it queues the message for the connection, which it opens if
// there is none. What becomes of that is reported by Agent.connectionLost.
func (t *tcpTransport) send(raw []byte, to netip.AddrPort) (connection, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.agent.isClosing() {
		return nil, net.ErrClosed
	}
	t.listen.Do(t.openListener)
	s := t.streams[to]
	if s == nil {
		s = t.add(to, nil)
		if !t.agent.background(s.dial) {
			return nil, net.ErrClosed
		}
	}
	select {
	case s.out <- raw:
		return s, nil
	default:
		return nil, fmt.Errorf("%d messages wait for the connection to %s already", maxQueued, to)
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

func (t *tcpTransport) add(remote netip.AddrPort, conn net.Conn) *stream {
	s := &stream{transport: t, remote: remote, conn: conn, out: make(chan []byte, maxQueued), done: make(chan struct{})}
	t.streams[remote] = s
	return s
}

func (t *tcpTransport) openListener() {
	l, err := t.network.Listen(t.agent.LocalAddr())
	if err != nil {
		t.agent.cfg.Log.Warn("SIP connections over TCP cannot be accepted, only opened", "error", err)
		return
	}
	t.listener = l
	t.agent.background(func() { t.accept(l) })
}

// accept takes connections until the listener is closed.
func (t *tcpTransport) accept(l net.Listener) {
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
		remote, ok := addrPort(conn.RemoteAddr())
		t.mu.Lock()
		unknown := !t.agent.guard.knows(remote.Addr())
		full := unknown && t.unknown >= maxUnknown
		if !ok || full || t.agent.isClosing() || t.streams[remote] != nil {
			t.mu.Unlock()
			if full {
				t.agent.drop(droppedConnection, nil, remote, time.Now())
			}
			_ = conn.Close()
			continue
		}
		s := t.add(remote, conn)
		if s.unknown = unknown; unknown {
			t.unknown++
		}
		t.mu.Unlock()
		t.agent.background(s.write)
		t.agent.background(s.read)
	}
}

func (t *tcpTransport) close() error {
	t.mu.Lock()
	var err error
	if t.listener != nil {
		err = t.listener.Close()
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
	transport *tcpTransport
	remote    netip.AddrPort
	unknown   bool // the far end opened it, and its address may not send anything
	out       chan []byte
	done      chan struct{} // closed with the connection
	once      sync.Once
	received  atomic.Int64 // when a message began to come last, in Unix nanoseconds

	mu   sync.Mutex
	conn net.Conn // nil while it is opened
}

// dial opens the connection, and then writes it.
func (s *stream) dial() {
	ctx, cancel := context.WithTimeout(s.transport.agent.ctx, dialLimit)
	defer cancel()
	conn, err := s.transport.network.Dial(ctx, s.remote)
	if err != nil {
		s.close(err)
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	select {
	case <-s.done: // closed meanwhile
		_ = conn.Close()
		return
	default:
	}
	if s.transport.agent.background(s.read) {
		s.write()
	}
}

// write writes what is queued until the connection is closed.
func (s *stream) write() {
	for {
		select {
		case raw := <-s.out:
			now := time.Now()
			s.transport.agent.trace(TCP, true, s.remote, raw, now)
			_ = s.conn.SetWriteDeadline(now.Add(writeLimit))
			if _, err := s.conn.Write(raw); err != nil {
				s.close(err)
				return
			}
		case <-s.done:
			return
		}
	}
}

// read reads messages until the connection is closed, or its framing is lost.
func (s *stream) read() {
	a := s.transport.agent
	from := hop{s.transport, s.remote}
	f := framer{r: bufio.NewReader(s.conn)}
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
			if !errors.Is(err, net.ErrClosed) && (!s.unknown || a.admit(raw, s.remote, now)) {
				a.discardResponse(raw, from, fault{reason: "its end on the connection cannot be told", detail: err.Error()})
			}
			s.close(err)
			return
		}
		if s.unknown && !a.admit(raw, s.remote, now) {
			s.close(errors.New("a message of an unknown address belonged to no call"))
			return
		}
		limit = idleLimit
		a.trace(TCP, false, s.remote, raw, now)
		a.receive(raw, from, now)
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
		t.agent.background(func() { t.agent.connectionLost(hop{t, s.remote}, s, taken, err) })
	})
}

var errTooLong = fmt.Errorf("the message is longer than %d bytes", maxMessage)

// framer cuts a stream into messages by their Content-Length (RFC 3261 §18.3).
type framer struct {
	r   *bufio.Reader
	buf []byte
}

// begin waits for the first byte of a message, and drops line breaks before it
// (RFC 3261 §7.5).
func (f *framer) begin() error {
	for {
		b, err := f.r.ReadByte()
		if err != nil {
			return err
		}
		if b != '\r' && b != '\n' {
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
