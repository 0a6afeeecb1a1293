package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Config is what an Agent is made of.
type Config struct {
	// Conn is the UDP socket, real or in-memory, and Conn6 one more, for IPv6 beside one
	// for IPv4; nil: there is none. The Agent owns and closes them.
	Conn, Conn6 PacketConn
	// Streams opens TCP connections, and listens for them at the addresses of Conn and
	// Conn6 once a trunk uses TCP; nil is the operating system.
	Streams StreamNetwork
	// Advertise are the addresses that Via and Contact name, one for each IP version at
	// most; for one that has none it is that of the socket.
	Advertise []netip.AddrPort
	// KeepAlive is how often a keep-alive is sent over each connection that the Agent
	// opened (RFC 5626 §3.5.1); 0: never.
	KeepAlive time.Duration
	// TLS is where connections over TLS are accepted.
	TLS       TLSListen
	UserAgent string
	// Inbound is called in a goroutine of its own for each INVITE outside a
	// dialog. Nil refuses every INVITE with 403. Close waits until it returns, so
	// it must not outlive the Done of its session for long, nor call Close.
	Inbound func(*Session)
	// AllowFrom are networks whose addresses may send anything, beside those of SetPeers,
	// until SetAllowed replaces them. A message of any other address is dropped unread,
	// unless it belongs to a call.
	AllowFrom []netip.Prefix
	// InfoTypes are the media types of the bodies of INFO requests that are reported, in
	// lower case and without parameters; any other is refused with 415. Nil: any.
	InfoTypes []string
	// Trace is called for every message sent or received, in wire order, by the
	// goroutine that sends or receives it. It must not block.
	Trace func(Trace)
	// TraceSecrets leaves secrets in traces: for a far end that checks credentials, as those
	// of tests do.
	TraceSecrets bool
	Log          *slog.Logger
	// Resolver looks up the names of targets; nil is the system's.
	Resolver Resolver
	// T1 is the round-trip estimate of RFC 3261 §17.1.1.1 that the timers of a
	// session are multiples of; 0 is 500 ms.
	T1 time.Duration
}

// Agent is a SIP user agent. Its methods may be called from any goroutine.
type Agent struct {
	cfg                Config
	addrs              *localAddrs // of the UDP sockets
	t1                 time.Duration
	transports         map[Transport]transport
	tls                *tlsLayer
	guard              *guard
	parser             *sipmsg.Parser
	clientTransactions clientTransactions
	serverTransactions serverTransactions
	log                *slog.Logger
	signer             *signer
	credentials        trunkCredentials
	resolver           *resolver
	outOfDialog        rateLimit // of what is sent for messages that belong to no session
	scanLimit          rateLimit // of searches through all requests
	pings              pings
	peers              peers
	discards           discardCounts
	health             targetHealth
	registrations      registrations

	ctx  context.Context // done once Close is called, under mu
	stop context.CancelFunc
	work sync.WaitGroup // sessions, callbacks, lookups; joined under mu while ctx is not done

	mu           sync.RWMutex
	sessions     map[sessionKey]*Session
	invites      map[inviteKey]*Session // inbound, by what identifies their INVITE
	endedInvites endedInvites
}

type sessionKey struct{ callID, localTag string }

// maxSessions bounds the calls of one Agent; more are refused with 503.
const maxSessions = 50_000

// conns are the UDP sockets.
func (c *Config) conns() []PacketConn {
	if c.Conn6 == nil {
		return []PacketConn{c.Conn}
	}
	return []PacketConn{c.Conn, c.Conn6}
}

// Listen starts an Agent. It returns an error if cfg.Conn is nil or a socket has no IP
// address that others reach.
func Listen(cfg Config) (*Agent, error) {
	if cfg.Conn == nil {
		return nil, errors.New("listen for SIP: Conn is nil; it must be a packet connection")
	}
	var bound []netip.AddrPort
	for _, conn := range cfg.conns() {
		at, ok := addrPort(conn.LocalAddr())
		if !ok {
			return nil, fmt.Errorf("listen for SIP: address %s is not an IP address and port", conn.LocalAddr())
		}
		bound = append(bound, at)
	}
	addrs, err := newLocalAddrs(bound, cfg.Advertise)
	if err != nil {
		return nil, err
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler))
	cfg.T1 = cmp.Or(cfg.T1, 500*time.Millisecond)
	if hasControl(cfg.UserAgent) {
		return nil, fmt.Errorf("listen for SIP: UserAgent %q has a control character", cfg.UserAgent)
	}
	a := &Agent{
		addrs: addrs, cfg: cfg, t1: cfg.T1, parser: newParser(), signer: newSigner(),
		log:                slog.New(newSampler(cfg.Log.Handler())),
		clientTransactions: clientTransactions{waiting: map[clientTransactionKey]*clientTransaction{}, answered: map[netip.AddrPort]struct{}{}},
		serverTransactions: serverTransactions{live: map[string]*serverTransaction{}},
		credentials:        trunkCredentials{numbers: map[userPassword]uint64{}}, transports: map[Transport]transport{}, sessions: map[sessionKey]*Session{}, invites: map[inviteKey]*Session{},
	}
	a.guard = &guard{signer: a.signer, allowed: slices.Clone(cfg.AllowFrom), inbound: cfg.Inbound != nil, called: map[netip.Addr]struct{}{}}
	a.discards.byReason = map[string]uint64{}
	a.peers = peers{changed: make(chan struct{}, 1), found: map[Target][]netip.AddrPort{}}
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.resolver = newResolver(a.ctx, cfg.Resolver, a.background)
	a.resolver.versions = addrs.versions()
	for _, t := range transportKinds() {
		opened, err := t.open(a)
		if err != nil {
			return nil, errors.Join(err, a.Close())
		}
		a.transports[t.name] = opened
	}
	return a, nil
}

func (a *Agent) isClosing() bool { return a.ctx.Err() != nil }

// recovered is deferred: it keeps a panic from taking the process along.
func (a *Agent) recovered(doing, callID string) {
	if p := recover(); p != nil {
		a.log.Error("panic in SIP", "doing", doing, "call_id", callID, "panic", p, "stack", string(debug.Stack()))
	}
}

// Close stops the Agent and waits. It sends nothing: the owner of a session ends it
// before. A session that still lives ends with EndedLocal.
func (a *Agent) Close() error {
	a.mu.Lock()
	first := !a.isClosing()
	a.stop()
	for _, s := range a.sessions {
		s.post(s.agentClosed)
	}
	a.mu.Unlock()
	var err error
	if first {
		for _, t := range a.transports {
			err = errors.Join(err, t.close())
		}
	}
	a.work.Wait()
	return err
}

// LocalAddr is the address of Config.Conn.
func (a *Agent) LocalAddr() netip.AddrPort { return a.addrs.bound[0] }

// Sessions counts the live sessions: those that have not ended, and those whose
// last message still waits for its answer.
func (a *Agent) Sessions() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.sessions)
}

// Invite places a call. It waits for nothing; every failure arrives as the Ended
// event of the Session. Of its caller the same is true as of that of Session's methods.
func (a *Agent) Invite(o Outgoing) *Session {
	s := newOutbound(a, o)
	if a.add(s) {
		s.do(s.begin)
		return s
	}
	s.endedBy(EndedLocal)
	s.out.Err = errors.New("place a call: the agent is closed or has too many sessions")
	s.reportEnd()
	s.mailbox.close()
	return s
}

// add puts a session into the table and starts it. It reports false if the
// Agent is closed or full.
func (a *Agent) add(s *Session) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.isClosing() || len(a.sessions) >= maxSessions {
		return false
	}
	a.sessions[s.key] = s
	if s.inbound != nil {
		a.invites[s.inbound.key] = s
	}
	a.work.Add(1)
	return true
}

func (a *Agent) remove(s *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sessions[s.key] == s { // a caller that was refused may call again under the same Call-ID and tags
		delete(a.sessions, s.key)
	}
	if s.inbound != nil {
		delete(a.invites, s.inbound.key)
		a.endedInvites.add(s.inbound.key, time.Now(), 64*a.t1)
	}
}

// background runs f in a goroutine that Close waits for. Once closed it does not,
// and reports false.
func (a *Agent) background(f func()) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.isClosing() {
		return false
	}
	a.work.Go(f)
	return true
}

func (a *Agent) session(k sessionKey) *Session {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.sessions[k]
}

// Resolve looks up a target of a trunk as a call over it would, and remembers what it
// found for that call. It returns an error if there is no address; it blocks for 3 s at
// most.
func (a *Agent) Resolve(ctx context.Context, t Target) ([]netip.AddrPort, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	addrs, err := a.resolver.resolve(ctx, t)
	return slices.Clone(addrs), err
}

// ResolveWhole is Resolve that waits for DNS to answer for both IP versions, or to fail to, while
// Resolve goes on with addresses of IPv4 once it has them. missing is why those of one version
// are not known, nil if DNS has answered for both.
func (a *Agent) ResolveWhole(ctx context.Context, t Target) (addrs []netip.AddrPort, missing, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*lookupLimit)
	defer cancel()
	addrs, missing, err = a.resolver.resolveWhole(ctx, t)
	return slices.Clone(addrs), missing, err
}
