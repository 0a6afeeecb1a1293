package call_test

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/call"
	"ringflow/internal/prompt"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
)

// registrar is a trunk in memory at which no number exists: it notes whom each INVITE
// calls and answers 404. It is the agent's socket and the far end in one.
type registrar struct {
	answers chan []byte
	closed  chan struct{}
	once    sync.Once

	mu     sync.Mutex
	called []string // Request-URI and To of each INVITE
}

var trunkAddr = netip.MustParseAddrPort("10.0.0.2:5060")

func (r *registrar) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	line, rest, _ := strings.Cut(string(b), "\r\n")
	uri, isInvite := strings.CutPrefix(line, "INVITE ")
	if !isInvite {
		return len(b), nil
	}
	answer := "SIP/2.0 404 Not Found\r\n"
	for header := range strings.SplitSeq(rest, "\r\n") {
		name, value, _ := strings.Cut(header, ":")
		switch name {
		case "To":
			r.mu.Lock()
			r.called = append(r.called, strings.TrimSuffix(uri, " SIP/2.0"), strings.TrimSpace(value))
			r.mu.Unlock()
			answer += header + ";tag=none\r\n"
		case "Via", "From", "Call-ID", "CSeq":
			answer += header + "\r\n"
		}
	}
	select {
	case r.answers <- []byte(answer + "Content-Length: 0\r\n\r\n"):
	case <-r.closed:
	}
	return len(b), nil
}

func (r *registrar) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case answer := <-r.answers:
		return copy(b, answer), trunkAddr, nil
	case <-r.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (r *registrar) Close() error        { r.once.Do(func() { close(r.closed) }); return nil }
func (r *registrar) LocalAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5060} }

// take returns whom INVITEs have called since it was asked last.
func (r *registrar) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	called := r.called
	r.called = nil
	return called
}

// desk is a Switch over a registrar, for accounts with the numbers' policies.
type desk struct {
	t         testing.TB
	registrar *registrar
	agent     *sip.Agent
	plane     *media.Plane
	sw        *call.Switch
	placed    int
}

func openDesk(t testing.TB) *desk {
	t.Helper()
	loopback := netip.MustParseAddr("127.0.0.1")
	plane, err := media.NewPlane(media.PlaneConfig{Bind: loopback, Advertise: loopback, PortMin: 30000, PortMax: 44999})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, plane: plane}
	d.open()
	return d
}

func (d *desk) open() {
	d.registrar = &registrar{answers: make(chan []byte, 64), closed: make(chan struct{})}
	agent, err := sip.Listen(sip.Config{Conn: d.registrar})
	if err != nil {
		d.t.Fatal(err)
	}
	var accounts []*call.Account
	for _, p := range policies {
		accounts = append(accounts, &call.Account{
			Name: p.name, Country: p.country, Numbers: []numbers.E164{own}, Plan: numbers.Plan{Allow: p.allow, Deny: p.deny},
			Trunks: []*call.Trunk{{Trunk: sip.Trunk{Name: "registrar", Targets: []string{trunkAddr.String()}}}},
		})
	}
	d.agent, d.placed = agent, 0
	d.sw = call.NewSwitch(agent, d.plane, prompt.NewLibrary(nil, nil), accounts, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

func (d *desk) shut() {
	d.sw.Close()
	if err := d.agent.Close(); err != nil {
		d.t.Error(err)
	}
}

func (d *desk) close() {
	d.shut()
	if err := d.plane.Close(); err != nil {
		d.t.Error(err)
	}
}

// dial has an account call what a flow would give, and returns whom INVITEs called and
// what the step heard. An answered INVITE stays with the agent for a while: every now
// and then the desk is opened anew.
func (d *desk) dial(t *testing.T, account, to string) ([]string, flowengine.Outcome) {
	t.Helper()
	if d.placed++; d.placed > 500 {
		d.shut()
		d.open()
	}
	contact, out, err := d.sw.Dial(t.Context(), flowengine.DialRequest{Account: account, From: own, To: to, Ring: time.Second, Journal: &journal{}})
	if err != nil || contact != nil {
		t.Fatalf("%q by %s: %+v, %v", to, account, out, err)
	}
	return d.registrar.take(), out
}

// policy is what an account of the desk may call.
type policy struct {
	name, country string
	allow, deny   []string
}

var policies = []policy{
	{name: "america", country: "US", allow: []string{"US", "CA"}},
	{name: "bare", country: "US", allow: []string{"+1"}, deny: []string{"JM", "+1900"}},
	{name: "germany", country: "DE", allow: []string{"DE", "AT", "CH"}},
	{name: "britain", country: "GB", allow: []string{"GB", "IE"}},
	{name: "latin", country: "FR", allow: []string{"FR", "ES", "IT", "PT"}},
	{name: "east", country: "JP", allow: []string{"JP", "AU", "SG", "IN"}},
	{name: "russia", country: "RU", allow: []string{"RU", "IL", "FI"}},
	{name: "wide", allow: []string{"+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9"}},
}
