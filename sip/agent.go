package sip

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// Config is what an Agent is made of.
type Config struct {
	// Conn is the socket, real or in-memory. The Agent owns and closes it.
	Conn net.PacketConn
	// Advertise is the address that Via and Contact name; zero means
	// Conn.LocalAddr().
	Advertise netip.AddrPort
	UserAgent string
	// Inbound is called in a goroutine of its own for each INVITE outside a
	// dialog. Nil refuses every INVITE with 403.
	Inbound func(*Session)
	// Trace is called for every message sent or received, in wire order, by the
	// goroutine that sends or receives it. It must not block.
	Trace func(Trace)
	Log   *slog.Logger
	// T1 is the round-trip estimate of RFC 3261 §17.1.1.1 that the timers of a
	// session are multiples of; 0 is 500 ms.
	T1 time.Duration
}

// Agent is a SIP user agent on one socket. Its methods may be called from any
// goroutine.
type Agent struct{ cfg Config }

// Listen starts an Agent.
func Listen(cfg Config) (*Agent, error) { return nil, errors.New("listen: not built yet") }

// Close stops the Agent and waits. It sends nothing: whoever owns the sessions
// ends them first. A session that still lives ends with EndedLocal.
func (a *Agent) Close() error { return nil }

// LocalAddr is the address of the socket.
func (a *Agent) LocalAddr() netip.AddrPort { return netip.AddrPort{} }

// Sessions counts the live sessions.
func (a *Agent) Sessions() int { return 0 }

// Invite places a call. It never blocks; every failure arrives as the Ended
// event of the Session.
func (a *Agent) Invite(o Outgoing) *Session { return &Session{} }
