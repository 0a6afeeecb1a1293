package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone is a DNS server on loopback, over UDP and TCP, with the records of a test.
type zone struct {
	addr netip.AddrPort

	mu      sync.Mutex
	records []dns.RR
	rcodes  map[string]int // by the name of a question
	silent  map[string]bool
	asked   map[string]int // "name TYPE"
}

func newZone(t *testing.T, records ...string) *zone {
	t.Helper()
	z := &zone{rcodes: map[string]int{}, silent: map[string]bool{}, asked: map[string]int{}}
	z.set(t, records...)
	var conn net.PacketConn
	var l net.Listener
	var err error
	for range 100 { // until a port is free for both
		if conn, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if l, err = net.Listen("tcp", conn.LocalAddr().String()); err == nil {
			break
		}
		conn.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	z.addr = netip.MustParseAddrPort(conn.LocalAddr().String())
	for _, s := range []*dns.Server{{PacketConn: conn, Handler: z}, {Listener: l, Handler: z}} {
		started, done := make(chan struct{}), make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() { defer close(done); _ = s.ActivateAndServe() }()
		<-started
		t.Cleanup(func() { _ = s.Shutdown(); <-done })
	}
	return z
}

func (z *zone) set(t *testing.T, records ...string) {
	t.Helper()
	var all []dns.RR
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, rr)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.records = all
}

// ServeDNS implements dns.Handler. A CNAME is not followed.
func (z *zone) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	res := new(dns.Msg).SetReply(q)
	name, kind := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
	z.asked[name+" "+dns.TypeToString[kind]]++
	if z.silent[name] || z.silent["*"] || z.silent[dns.TypeToString[kind]] {
		return
	}
	known := false
	for _, rr := range z.records {
		if strings.EqualFold(rr.Header().Name, name) {
			known = true
			if rr.Header().Rrtype == kind || rr.Header().Rrtype == dns.TypeCNAME {
				res.Answer = append(res.Answer, rr)
			}
		}
	}
	if !known {
		res.Rcode = dns.RcodeNameError
	}
	if code, set := z.rcodes[name]; set {
		res.Rcode, res.Answer = code, nil
	}
	if _, udp := w.RemoteAddr().(*net.UDPAddr); udp {
		res.Truncate(1232)
	}
	_ = w.WriteMsg(res)
}

func (z *zone) resolver(t *testing.T) *resolver {
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	t.Cleanup(func() { stop(); work.Wait() })
	return newResolver(ctx, &DNS{Servers: []netip.AddrPort{z.addr}, Hosts: os.DevNull, ResolvConf: os.DevNull},
		func(f func()) bool { work.Go(f); return true })
}

// locate asks for all of a target's answer.
func locate(ctx context.Context, r *resolver, target Target) (located, error) {
	l := r.newLookup(ctx, target, nil)
	if found, err := l.locate(); !l.awaitLate() {
		return found, err
	}
	return l.locate()
}

func textOf(addrs []netip.AddrPort) string {
	var texts []string
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, " ")
}

// TestLocate holds RFC 3263 over the wire: NAPTR, SRV and addresses, and what leaves any of
// them out.
func TestLocate(t *testing.T) {
	z := newZone(t,
		`naptr.example. 60 NAPTR 20 1 "s" "SIP+D2U" "" _sip._udp.naptr.example.`,
		`naptr.example. 60 NAPTR 10 2 "s" "SIP+D2T" "" _sip._tcp.servers.example.`,
		`naptr.example. 60 NAPTR 10 1 "s" "SIP+D2S" "" _sip._sctp.naptr.example.`,
		`naptr.example. 60 NAPTR 30 1 "s" "SIPS+D2T" "" _sips._tcp.other.example.`,
		`_sip._udp.naptr.example. 60 SRV 1 0 5060 one.example.`,
		`_sip._tcp.servers.example. 60 SRV 2 0 5070 two.example.`,
		`_sip._tcp.servers.example. 60 SRV 1 0 5080 one.example.`,
		`_sips._tcp.other.example. 60 SRV 1 0 5081 two.example.`,
		`srv.example. 60 A 192.0.2.99`,
		`_sip._udp.srv.example. 60 SRV 1 0 5999 one.example.`,
		`_sip._tcp.srv.example. 60 SRV 1 0 5998 two.example.`,
		`onlytcp.example. 60 A 192.0.2.99`,
		`_sip._tcp.onlytcp.example. 60 SRV 1 0 5071 two.example.`,
		`onlytls.example. 60 A 192.0.2.99`,
		`_sips._tcp.onlytls.example. 60 SRV 1 0 5072 two.example.`,
		`one.example. 60 A 192.0.2.1`,
		`two.example. 60 A 192.0.2.2`,
		`two.example. 60 AAAA 2001:db8::2`,
		`six.example. 60 AAAA 2001:db8::6`,
		`alias.example. 60 CNAME real.example.`,
		`real.example. 60 CNAME two.example.`,
		`_sip._udp.viaalias.example. 60 SRV 1 0 5060 alias.example.`,
		`viaalias.example. 60 A 192.0.2.99`,
		`loop.example. 60 CNAME loop.example.`,
		`_sip._udp.closed.example. 60 SRV 0 0 0 .`,
		`closed.example. 60 A 192.0.2.99`,
		`_sip._udp.deadend.example. 60 SRV 1 0 5060 nowhere.example.`,
		`deadend.example. 60 A 192.0.2.99`,
		`empty.example. 60 TXT "x"`,
	)
	z.mu.Lock()
	z.rcodes["refuses.example."] = dns.RcodeServerFailure
	z.rcodes["_sip._udp.halfrefuses.example."] = dns.RcodeRefused
	z.records = append(z.records, &dns.A{Hdr: dns.RR_Header{Name: "halfrefuses.example.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(192, 0, 2, 3)})
	z.mu.Unlock()
	r := z.resolver(t)
	for _, c := range []struct {
		over          Transport
		address       string
		transport     Transport
		want, streams string
		err           string
	}{
		{over: Auto, address: "naptr.example", transport: TCP, want: "192.0.2.1:5080 192.0.2.2:5070 [2001:db8::2]:5070"},
		{over: UDP, address: "naptr.example", transport: UDP, want: "192.0.2.1:5060", streams: "192.0.2.1:5080 192.0.2.2:5070 [2001:db8::2]:5070"},
		{over: TLS, address: "naptr.example", transport: TLS, want: "192.0.2.2:5081 [2001:db8::2]:5081"},
		{over: Auto, address: "srv.example", transport: UDP, want: "192.0.2.1:5999", streams: "192.0.2.2:5998 [2001:db8::2]:5998"},
		{over: TCP, address: "srv.example", transport: TCP, want: "192.0.2.2:5998 [2001:db8::2]:5998"},
		{over: Auto, address: "srv.example:5062", transport: UDP, want: "192.0.2.99:5062"},
		{over: TLS, address: "srv.example", transport: TLS, want: "192.0.2.99:5061"},
		{over: Auto, address: "onlytcp.example", transport: TCP, want: "192.0.2.2:5071 [2001:db8::2]:5071"},
		{over: UDP, address: "onlytcp.example", transport: UDP, want: "192.0.2.99:5060"},
		{over: Auto, address: "onlytls.example", transport: TLS, want: "192.0.2.2:5072 [2001:db8::2]:5072"},
		{over: Auto, address: "one.example", transport: UDP, want: "192.0.2.1:5060"},
		{over: Auto, address: "six.example", transport: UDP, want: "[2001:db8::6]:5060"},
		{over: Auto, address: "ALIAS.example", transport: UDP, want: "192.0.2.2:5060 [2001:db8::2]:5060"},
		{over: UDP, address: "viaalias.example", transport: UDP, want: "192.0.2.2:5060 [2001:db8::2]:5060"},
		{over: UDP, address: "halfrefuses.example", transport: UDP, want: "192.0.2.3:5060"},
		{over: UDP, address: "loop.example:5060", err: "a chain of more than 8 CNAMEs"},
		{over: UDP, address: "closed.example", err: "its SRV records say that it has no SIP service"},
		{over: UDP, address: "deadend.example", err: "no server of its SRV records has an address: there is no such name in DNS (NXDOMAIN)"},
		{over: UDP, address: "nowhere.example", err: "look up nowhere.example: there is no such name in DNS (NXDOMAIN)"},
		{over: UDP, address: "empty.example:5060", err: "look up empty.example: it has no address"},
		{over: UDP, address: "refuses.example:5060", err: "refused: SERVFAIL"},
	} {
		got, err := locate(t.Context(), r, Target{Transport: c.over, Address: c.address})
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s over %s: %v, want %q", c.address, c.over, err, c.err)
		}
		if got.transport != c.transport || textOf(inOrder(got.servers)) != c.want || textOf(inOrder(got.streams)) != c.streams {
			t.Errorf("%s over %s: %s %s, large %s; want %s %s, large %s", c.address, c.over, got.transport, textOf(inOrder(got.servers)),
				textOf(inOrder(got.streams)), c.transport, c.want, c.streams)
		}
	}
	r.versions = [2]bool{true, false}
	if _, err := locate(t.Context(), r, Target{Transport: UDP, Address: "six.example:5060"}); err == nil || !strings.Contains(err.Error(), "it has no address of IPv4, and sip.listen has no IPv6") {
		t.Errorf("IPv6 without a socket: %v", err)
	}
}

// What is tried behind the first NAPTR record that is known: those of its order by preference, of
// the transport that is wanted, and none without TLS behind one that has it.
func TestNextNAPTR(t *testing.T) {
	z := newZone(t,
		`some.example. 60 NAPTR 10 3 "s" "SIPS+D2T" "" _sips._tcp.three.example.`,
		`some.example. 60 NAPTR 10 1 "s" "SIP+D2T" "" _sip._tcp.one.example.`,
		`some.example. 60 NAPTR 10 2 "s" "SIP+D2U" "" _sip._udp.two.example.`,
		`some.example. 60 NAPTR 10 4 "s" "SIP+D2U" "" _sip._udp.nowhere.example.`,
		`some.example. 60 NAPTR 20 1 "s" "SIP+D2U" "" _sip._udp.later.example.`,
		`secure.example. 60 NAPTR 10 1 "s" "SIPS+D2T" "" _sips._tcp.three.example.`,
		`secure.example. 60 NAPTR 10 2 "s" "SIP+D2U" "" _sip._udp.two.example.`,
		`secure.example. 60 NAPTR 10 3 "s" "SIPS+D2T" "" _sips._tcp.four.example.`,
		`plain.example. 60 A 192.0.2.9`,
		`_sip._udp.plain.example. 60 SRV 1 0 5060 plain.example.`,
		`_sip._tcp.plain.example. 60 SRV 1 0 5060 plain.example.`,
		`_sip._tcp.one.example. 60 SRV 1 0 5070 a.example.`,
		`_sip._udp.two.example. 30 SRV 1 0 5080 b.example.`,
		`_sip._udp.two.example. 30 SRV 0 0 5081 a.example.`,
		`_sips._tcp.three.example. 60 SRV 1 0 5091 a.example.`,
		`_sips._tcp.four.example. 60 SRV 1 0 5092 b.example.`,
		`_sip._udp.later.example. 60 SRV 1 0 5099 b.example.`,
		`a.example. 60 A 192.0.2.1`,
		`b.example. 60 A 192.0.2.2`,
	)
	r := z.resolver(t)
	for _, c := range []struct {
		over Transport
		name string
		want string
	}{
		{Auto, "some.example", "tcp 192.0.2.1:5070, udp 192.0.2.1:5081, udp 192.0.2.2:5080, tls 192.0.2.1:5091"},
		{UDP, "some.example", "udp 192.0.2.1:5081, udp 192.0.2.2:5080"},
		{Auto, "secure.example", "tls 192.0.2.1:5091, tls 192.0.2.2:5092"},
		{TLS, "secure.example", "tls 192.0.2.1:5091, tls 192.0.2.2:5092"},
		{Auto, "plain.example", "udp 192.0.2.9:5060"}, // no NAPTR names a second one
		{Auto, "192.0.2.7", "udp 192.0.2.7:5060"},
	} {
		target := Target{Transport: c.over, Address: c.name}
		first, err := r.resolve(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, to := range r.tried(target, first) {
			got = append(got, string(to.transport)+" "+to.addr.String())
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s over %s: %s, want %s", c.name, c.over, strings.Join(got, ", "), c.want)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ttl := r.names[Target{Transport: Auto, Address: "some.example"}].ttl; ttl != 30*time.Second {
		t.Errorf("it holds for %s, want as long as the shortest of all records", ttl)
	}
}

// Silence of DNS is told from a name that does not exist, by what and for how long.
func TestSilentDNS(t *testing.T) {
	z := newZone(t, `one.example. 60 A 192.0.2.1`)
	r := z.resolver(t)
	z.mu.Lock()
	z.silent["NAPTR"] = true
	z.mu.Unlock()
	start := time.Now()
	if got, err := locate(t.Context(), r, Target{Transport: Auto, Address: "one.example"}); err != nil || textOf(inOrder(got.servers)) != "192.0.2.1:5060" {
		t.Errorf("a server that drops NAPTR: %v, %v", got, err)
	} else if took := time.Since(start); took < naptrLimit {
		t.Errorf("took %v", took)
	}
	z.mu.Lock()
	z.silent["*"] = true
	z.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := locate(ctx, r, Target{Transport: UDP, Address: "one.example:5060"})
	if err == nil || errors.Is(err, ErrNoName) || !strings.Contains(err.Error(), "no answer of the DNS server "+z.addr.String()) {
		t.Errorf("a silent server: %v", err)
	}
}

// Records hold for their TTL: within it DNS is not asked, after it it is.
func TestTTL(t *testing.T) {
	z := newZone(t, `_sip._udp.srv.example. 300 SRV 1 0 5060 one.example.`, `one.example. 7 A 192.0.2.1`, `long.example. 999999 A 192.0.2.2`, `zero.example. 0 A 192.0.2.3`)
	r := z.resolver(t)
	for name, want := range map[string]time.Duration{"srv.example": 7 * time.Second, "long.example:5060": 24 * time.Hour, "zero.example:5060": 5 * time.Second} {
		target := Target{Transport: UDP, Address: name}
		if _, err := r.resolve(t.Context(), target); err != nil {
			t.Fatal(err)
		}
		if got := r.names[target].ttl; got != want {
			t.Errorf("%s holds for %v, want %v", name, got, want)
		}
	}
}

// A large answer is asked for again over TCP, and a name in the hosts file never.
func TestLargeAnswerAndHostsFile(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, "many.example. 60 A 192.0.2."+string(rune('0'+i/10))+string(rune('0'+i%10)))
	}
	for i := range many {
		many[i] = strings.Replace(many[i], "192.0.2.0", "192.0.2.", 1)
	}
	z := newZone(t, many...)
	r := z.resolver(t)
	if got, err := locate(t.Context(), r, Target{Transport: UDP, Address: "many.example:5060"}); err != nil || len(got.servers[0].addrs) != 100 {
		t.Errorf("%d addresses, %v", len(got.servers), err)
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("# x\n192.0.2.7\tpbx.example PBX # y\n2001:db8::7 pbx.example\nnonsense pbx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.dns = &DNS{Servers: []netip.AddrPort{z.addr}, Hosts: hosts, ResolvConf: os.DevNull}
	for name, want := range map[string]string{"pbx.example:5060": "192.0.2.7:5060 [2001:db8::7]:5060", "pbx:5070": "192.0.2.7:5070"} {
		if got, err := locate(t.Context(), r, Target{Transport: UDP, Address: name}); err != nil || textOf(inOrder(got.servers)) != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if n := z.asked["pbx.example. A"] + z.asked["pbx. A"]; n != 0 {
		t.Errorf("DNS was asked %d times for a name of the hosts file", n)
	}
}

// The next server is asked where one is silent or refuses.
func TestSecondDNSServer(t *testing.T) {
	first, second := newZone(t), newZone(t, `one.example. 60 A 192.0.2.1`)
	first.mu.Lock()
	first.rcodes["one.example."] = dns.RcodeServerFailure
	first.mu.Unlock()
	d := &DNS{Servers: []netip.AddrPort{first.addr, second.addr}, Hosts: os.DevNull, ResolvConf: os.DevNull}
	if rrs, err := d.Query(t.Context(), "one.example", dns.TypeA); err != nil || len(rrs) != 1 {
		t.Errorf("%v, %v", rrs, err)
	}
}

// Servers of one priority share calls by their weights, and a higher priority number comes
// after all of a lower one (RFC 2782).
func TestWeights(t *testing.T) {
	at := func(n byte) []netip.AddrPort {
		return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, n}), 5060)}
	}
	servers := []server{{1, 75, at(1)}, {1, 25, at(2)}, {1, 0, at(3)}, {2, 0, at(4)}, {2, 0, at(5)}}
	first, fourth := map[byte]int{}, map[byte]int{}
	const rounds = 4000
	for range rounds {
		got := inOrder(servers)
		last := func(i int) byte { return got[i].Addr().As4()[3] }
		first[last(0)]++
		fourth[last(3)]++
		if len(got) != 5 || slices.Max([]byte{last(0), last(1), last(2)}) > 3 {
			t.Fatalf("order %v", got)
		}
	}
	if first[1] < rounds*70/100 || first[1] > rounds*80/100 || first[2] < rounds*20/100 || first[3] > 0 {
		t.Errorf("first were %v of %d", first, rounds)
	}
	if fourth[4] < rounds*45/100 || fourth[5] < rounds*45/100 {
		t.Errorf("fourth were %v", fourth)
	}
}

// A name that DNS says does not exist loses its addresses; one that DNS does not answer
// for keeps them.
func TestNameThatIsTakenAway(t *testing.T) {
	withResolver(t, func(o *outage, r *resolver) {
		if _, err := r.resolve(context.Background(), over(UDP, known)); err != nil {
			t.Fatal(err)
		}
		o.mu.Lock()
		o.hosts = map[string][]string{}
		o.mu.Unlock()
		time.Sleep(2 * time.Minute)
		if got, err := r.resolve(context.Background(), over(UDP, known)); !errors.Is(err, ErrNoName) {
			t.Errorf("%v, %v", got, err)
		}
	})
}
