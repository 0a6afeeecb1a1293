package hep

import (
	"log/slog"
	"net"
	"sync/atomic"
	"time"
)

// Sender sends packets to a capture server over UDP. One goroutine uses Send and Close.
type Sender struct {
	server  string
	agent   Agent
	log     *slog.Logger
	conn    net.Conn // nil: there is none
	retryAt time.Time
	failing bool
	buf     []byte
	failed  atomic.Uint64
}

// retryInterval is the time between two attempts to look up the server's name.
const retryInterval = 30 * time.Second

// NewSender returns a Sender to a server, host:port. Nothing is looked up before the first
// packet.
func NewSender(server string, agent Agent, log *slog.Logger) *Sender {
	return &Sender{server: server, agent: agent, log: log}
}

// Send sends a packet. One that cannot be sent is counted, and the log says so once until
// one can be sent again: capture never holds a call up.
func (s *Sender) Send(p Packet) {
	err := s.connect(p.At)
	if err == nil && s.conn != nil {
		s.buf = s.agent.Append(s.buf[:0], p)
		if _, err = s.conn.Write(s.buf); err == nil {
			s.failing = false
			return
		}
		_ = s.conn.Close() // the next packet looks the name up again
		s.conn = nil
		s.retryAt = time.Time{}
	}
	s.failed.Add(1)
	if err != nil && !s.failing {
		s.failing = true
		s.log.Warn("SIP messages do not reach the capture server", "server", s.server, "error", err)
	}
}

// connect opens the socket, once in retryInterval if that fails.
func (s *Sender) connect(now time.Time) (err error) {
	if s.conn != nil || now.Before(s.retryAt) {
		return nil
	}
	if s.conn, err = net.DialTimeout("udp", s.server, 2*time.Second); err != nil {
		s.conn, s.retryAt = nil, now.Add(retryInterval)
	}
	return err
}

// Failed is how many packets could not be sent. Any goroutine may call it.
func (s *Sender) Failed() uint64 { return s.failed.Load() }

// Close closes the socket.
func (s *Sender) Close() error {
	if s.conn == nil {
		return nil
	}
	return s.conn.Close()
}
