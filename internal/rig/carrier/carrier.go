// Package carrier is a telephone company on one UDP address: it takes INVITEs
// as a trunk's far end does (RFC 3261, user agent server), and each dialled
// number behaves as the Plan says. It keeps a Record of every call and notes
// as a Fault whatever a caller did against the RFCs. It shares no code with
// what it tests and deliberately knows nothing of it: only what is on the wire.
//
// One mutex guards all calls; messages and timers are handled under it in the
// order in which they come. Audio belongs to package phone.
//
// Read behaviour.go, plan.go, state.go, carrier.go, call.go, answer.go,
// request.go, ask.go, oddity.go, check.go, record.go.
package carrier

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"ringflow/internal/rig/kernel"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/sipwire"
)

// The timers of RFC 3261 §17.1.1.1 for UDP.
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
)

// Carrier listens and answers. Its methods may be called from anywhere.
type Carrier struct {
	conn   *net.UDPConn
	local  netip.AddrPort
	plan   *Plan
	plane  *phone.Plane
	trace  func(sent bool, at time.Time, text []byte)
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	calls   map[string]*Call
	all     []*Call
	waiting map[string]*clientTransaction
	faults  map[string]*Fault
	loss    float64
	lost    int
}

// Listen opens the address. Trace, when given, sees every message in the
// order of the wire and must not block.
func Listen(at netip.AddrPort, plan *Plan, x *phone.Plane, trace func(sent bool, at time.Time, text []byte)) (*Carrier, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("listen as carrier: %w", err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	raw, err := conn.SyscallConn()
	if err == nil {
		err = kernel.StampArrivals(raw)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("listen as carrier: %w", err)
	}
	c := &Carrier{conn: conn, local: conn.LocalAddr().(*net.UDPAddr).AddrPort(), plan: plan, plane: x, trace: trace,
		closed: make(chan struct{}), calls: map[string]*Call{}, waiting: map[string]*clientTransaction{}, faults: map[string]*Fault{}}
	go c.read()
	return c, nil
}

// Local is the address it listens on.
func (c *Carrier) Local() netip.AddrPort { return c.local }

// Close stops listening at once and leaves calls as they are. It may be
// called again.
func (c *Carrier) Close() error {
	c.once.Do(func() { c.conn.Close() })
	<-c.closed
	return nil
}

func (c *Carrier) read() {
	defer close(c.closed)
	datagram, control := make([]byte, 65536), make([]byte, 128)
	for {
		n, nc, _, from, err := c.conn.ReadMsgUDPAddrPort(datagram, control)
		if err != nil {
			return
		}
		at := time.Now()
		if ns := kernel.ControlStamp(control[:nc]); ns != 0 {
			at = time.Unix(0, ns)
		}
		c.receive(append([]byte(nil), datagram[:n]...), netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), at)
	}
}

// arrival is one message with its circumstances.
type arrival struct {
	*sipwire.Message
	from netip.AddrPort
	at   time.Time
	raw  []byte
}

func (c *Carrier) receive(datagram []byte, from netip.AddrPort, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops() {
		return
	}
	if c.trace != nil {
		c.trace(false, at, datagram)
	}
	if len(datagram) <= 4 {
		return // a keep-alive (RFC 5626 §3.5.1)
	}
	m, err := sipwire.Parse(datagram)
	if err != nil {
		c.fault("a message that cannot be parsed", err.Error(), datagram)
		return
	}
	a := arrival{m, from, at, datagram}
	if !m.IsRequest() {
		c.reply(a)
		return
	}
	c.checkRequest(a)
	switch m.Method {
	case "INVITE":
		c.invite(a)
	case "ACK", "BYE", "CANCEL":
		c.inDialog(a)
	case "OPTIONS":
		c.answerOnce(a, 200, "OK")
	case "UPDATE", "INFO", "PRACK":
		if c.find(a) == nil {
			c.answerOnce(a, 481, "Call/Transaction Does Not Exist")
			return
		}
		if call := c.find(a); a.Method == "PRACK" {
			call.prack(a)
			return
		}
		c.answerOnce(a, 200, "OK")
	default:
		c.answerOnce(a, 501, "Not Implemented")
	}
}

// Lose makes the network lose that part of all messages, either way, from 0 to 1.
func (c *Carrier) Lose(part float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loss = part
}

// Lost is how many messages were lost so.
func (c *Carrier) Lost() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

func (c *Carrier) drops() bool {
	if c.loss == 0 || rand.Float64() >= c.loss {
		return false
	}
	c.lost++
	return true
}

func key(m *sipwire.Message) string { return m.Get("Call-ID") + "\x00" + sipwire.Tag(m.Get("From")) }

func (c *Carrier) find(a arrival) *Call { return c.calls[key(a.Message)] }

// invite starts a call, repeats an answer, or renews the session of a call.
func (c *Carrier) invite(a arrival) {
	call := c.find(a)
	if sipwire.Tag(a.Get("To")) != "" {
		if call == nil || call.state == Ended {
			c.answerOnce(a, 481, "Call/Transaction Does Not Exist")
			return
		}
		call.renew(a)
		return
	}
	if call != nil && call.invite.Branch() == a.Branch() {
		call.record.Invites++
		call.on(retransmitted, a)
		return
	}
	if call != nil && call.state != Ended {
		c.fault("a second INVITE with the Call-ID and tag of a live call", "", a.raw)
		c.answerOnce(a, 482, "Loop Detected")
		return
	}
	call = newCall(c, a)
	c.calls[key(a.Message)] = call
	c.all = append(c.all, call)
	call.start()
}

// inDialog hands ACK, BYE and CANCEL to their call.
func (c *Carrier) inDialog(a arrival) {
	call := c.find(a)
	if call == nil {
		if a.Method != "ACK" {
			c.fault("a "+a.Method+" outside any call", "", a.raw)
			c.answerOnce(a, 481, "Call/Transaction Does Not Exist")
		}
		return
	}
	call.take(a)
}

// answerOnce answers a request that no call needs to know.
func (c *Carrier) answerOnce(a arrival, code int, reason string) {
	c.send(sipwire.Reply(a.Message, code, reason, "carrier").Bytes(), c.back(a))
}

// back is where answers to the request go: to its source with rport, else to
// the port that its Via names (RFC 3261 §18.2.2, RFC 3581 §4).
func (c *Carrier) back(a arrival) netip.AddrPort {
	via := a.Get("Via")
	if _, ok := sipwire.ParamOK(via, "rport"); ok {
		return a.from
	}
	if to, err := netip.ParseAddrPort(sipwire.ViaSentBy(via)); err == nil {
		return netip.AddrPortFrom(a.from.Addr(), to.Port())
	}
	return netip.AddrPortFrom(a.from.Addr(), 5060)
}

// send tells whether the message left, that is, was not lost on purpose.
func (c *Carrier) send(text []byte, to netip.AddrPort) bool {
	if c.drops() {
		return false
	}
	if c.trace != nil {
		c.trace(true, time.Now(), text)
	}
	_, err := c.conn.WriteToUDPAddrPort(text, to)
	return err == nil
}

// after runs f under the mutex when the time has passed.
func (c *Carrier) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		f()
	})
}
