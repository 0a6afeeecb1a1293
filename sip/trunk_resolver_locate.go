package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// located is what DNS says of a target (RFC 3263 §4).
type located struct {
	transport Transport
	servers   []server
	// streams are the servers of the same name over TCP, for requests that are too large
	// for UDP; none: DNS names none.
	streams []server
	// next are the servers of further NAPTR records, which are tried after all servers.
	next []naptrServers
	ttl  time.Duration
}

// naptrServers are the servers of a NAPTR record, and their transport.
type naptrServers struct {
	transport Transport
	servers   []server
}

// server is an SRV record and its addresses, or the addresses of a name that has none.
type server struct {
	priority, weight uint16
	addrs            []netip.AddrPort
}

const (
	maxServers = 16              // of one name that are looked up
	minTTL     = 5 * time.Second // however short the records say
	maxTTL     = 24 * time.Hour  // however long
	naptrLimit = time.Second     // that some servers do not answer at all
	nextLimit  = time.Second     // of the servers that a call tries after the first ones
)

// services are the NAPTR services of the transports, and the names of their SRV records
// (RFC 3263 §4.1), in the order in which they are looked for where no NAPTR says.
var services = []struct {
	transport Transport
	naptr     string
	srv       string
}{
	{UDP, "SIP+D2U", "_sip._udp."},
	{TCP, "SIP+D2T", "_sip._tcp."},
	{TLS, "SIPS+D2T", "_sips._tcp."},
}

// locate asks DNS where a target is: an address with a port is asked for by A and AAAA
// alone, a name without one by NAPTR, SRV and then its addresses.
func (r *resolver) locate(ctx context.Context, target Target) (located, error) {
	host, portText, err := net.SplitHostPort(target.Address)
	if err == nil {
		port, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || port == 0 || host == "" {
			return located{}, fmt.Errorf("target %q: it must be host or host:port", target.Address)
		}
		return r.byAddress(ctx, target, host, uint16(port))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the questions that turned out not to matter
	l := lookup{resolver: r, ctx: ctx, name: target.Address, srv: map[string]*srvQuestion{}, ttl: maxTTL}
	l.begin(target.Transport)
	choices := l.choices(target.Transport)
	for i, choice := range choices {
		servers, err := l.servers(l.ctx, choice)
		if err != nil {
			return located{}, fmt.Errorf("look up %s: %w", target.Address, err)
		}
		if len(servers) == 0 {
			continue
		}
		found := located{transport: choice.transport, servers: servers}
		found.streams, found.next = l.beside(choice, choices[i+1:])
		found.ttl = l.ttl
		return found, nil
	}
	if l.closed {
		return located{}, fmt.Errorf("look up %s: its SRV records say that it has no SIP service", target.Address)
	}
	return r.byAddress(ctx, target, target.Address, target.Transport.port())
}

// byAddress locates a host by its addresses alone.
func (r *resolver) byAddress(ctx context.Context, target Target, host string, port uint16) (located, error) {
	addrs, ttl, err := r.addresses(ctx, host, port)
	if err != nil {
		return located{}, fmt.Errorf("look up %s: %w", host, err)
	}
	if len(addrs) == 0 {
		return located{}, errors.New("look up " + host + ": it has no address" + r.versionText())
	}
	transport := target.Transport
	if transport == Auto {
		transport = UDP
	}
	return located{transport: transport, servers: []server{{addrs: addrs}}, ttl: ttl}, nil
}

// lookup is what is asked of one name.
type lookup struct {
	resolver *resolver
	ctx      context.Context // of every question
	name     string
	naptr    []*dns.NAPTR

	mu     sync.Mutex
	srv    map[string]*srvQuestion // by the name of the records
	ttl    time.Duration           // the shortest of the records that count
	closed bool                    // a record says that there is no service
}

// srvQuestion is a question for SRV records, which is asked once.
type srvQuestion struct {
	answered chan struct{} // closed once records and err are set
	records  []dns.RR
	err      error
}

// choice is a way to a target: SRV records of a name, over a transport.
type choice struct {
	transport Transport
	srv       string
	naptr     bool   // a NAPTR record names it
	order     uint16 // of that
}

const maxNAPTR = 4 // records of one name whose servers are looked up

// beside looks up what a call needs once the first servers are found: those over TCP beside UDP,
// and those of further NAPTR records. It leaves out what DNS does not answer within nextLimit.
func (l *lookup) beside(first choice, rest []choice) (streams []server, next []naptrServers) {
	ctx, cancel := context.WithTimeout(l.ctx, nextLimit)
	defer cancel()
	choices := behind(first, rest)
	found := make([][]server, len(choices))
	var asked sync.WaitGroup
	if first.transport == UDP {
		asked.Go(func() { streams, _ = l.servers(ctx, l.choice(TCP)) })
	}
	for i, c := range choices {
		asked.Go(func() { found[i], _ = l.servers(ctx, c) })
	}
	asked.Wait()
	for i, servers := range found {
		if len(servers) > 0 {
			next = append(next, naptrServers{choices[i].transport, servers})
		}
	}
	return streams, next
}

// behind are the choices behind the first: those of the same order, by preference. Records of a
// higher order may not be considered once one has matched (RFC 2915 §2), and none is without TLS
// behind one that has it.
func behind(first choice, rest []choice) (out []choice) {
	for _, c := range rest {
		if first.naptr && c.order == first.order && (first.transport != TLS || c.transport == TLS) && len(out) < maxNAPTR-1 {
			out = append(out, c)
		}
	}
	return out
}

// begin asks at once for the NAPTR records, and for the SRV records of every transport
// that may be chosen, and of TCP beside UDP. It waits for the NAPTR records alone.
func (l *lookup) begin(over Transport) {
	for _, s := range services {
		if over == Auto || over == s.transport || over == UDP && s.transport == TCP {
			l.question(s.srv + l.name)
		}
	}
	ctx, cancel := context.WithTimeout(l.ctx, naptrLimit)
	defer cancel()
	records, _ := l.resolver.dns.Query(ctx, l.name, dns.TypeNAPTR) // without them SRV decides
	for _, rr := range records {
		if n, is := rr.(*dns.NAPTR); is {
			l.naptr = append(l.naptr, n)
		}
	}
}

// question asks for SRV records, unless they have been asked for.
func (l *lookup) question(name string) *srvQuestion {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.srv[name]
	if q != nil {
		return q
	}
	q = &srvQuestion{answered: make(chan struct{})}
	l.srv[name] = q
	ask := func() {
		defer close(q.answered)
		q.records, q.err = l.resolver.dns.Query(l.ctx, name, dns.TypeSRV)
	}
	if !l.resolver.background(ask) {
		q.err = errors.New("the agent is closed")
		close(q.answered)
	}
	return q
}

// ask waits for the answer to a question for SRV records until ctx ends.
func (l *lookup) ask(ctx context.Context, name string) ([]dns.RR, error) {
	q := l.question(name)
	select {
	case <-q.answered:
	case <-ctx.Done():
		if l.ctx.Err() == nil {
			return nil, ctx.Err()
		}
		<-q.answered // whose error says who did not answer
	}
	return q.records, q.err
}

// choices are the ways over a transport, or over any where that is Auto: those that NAPTR
// names in their order, or else the SRV records of the name itself.
func (l *lookup) choices(over Transport) (out []choice) {
	slices.SortStableFunc(l.naptr, func(a, b *dns.NAPTR) int {
		if a.Order != b.Order {
			return int(a.Order) - int(b.Order)
		}
		return int(a.Preference) - int(b.Preference)
	})
	for _, n := range l.naptr {
		for _, s := range services {
			if strings.EqualFold(n.Service, s.naptr) && strings.EqualFold(n.Flags, "s") && (over == Auto || over == s.transport) {
				out = append(out, choice{s.transport, strings.TrimSuffix(n.Replacement, "."), true, n.Order})
				l.shorten(time.Duration(n.Hdr.Ttl) * time.Second)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range services {
		if over == Auto || over == s.transport {
			out = append(out, l.choice(s.transport))
		}
	}
	return out
}

// choice is the way over one transport.
func (l *lookup) choice(over Transport) choice {
	for _, s := range services {
		if s.transport != over {
			continue
		}
		for _, n := range l.naptr {
			if strings.EqualFold(n.Service, s.naptr) {
				return choice{transport: over, srv: strings.TrimSuffix(n.Replacement, ".")}
			}
		}
		return choice{transport: over, srv: s.srv + l.name}
	}
	return choice{}
}

// servers are the SRV records of a choice with their addresses, by priority. There are
// none, and no error, where DNS says so or refuses the type; the error is that DNS does
// not answer, or that no record has an address.
func (l *lookup) servers(ctx context.Context, of choice) ([]server, error) {
	answer, err := l.ask(ctx, of.srv)
	if err != nil {
		if errors.Is(err, ErrNoName) || errors.Is(err, errRefused) {
			return nil, nil
		}
		return nil, err
	}
	var records []*dns.SRV
	for _, rr := range answer {
		l.shorten(time.Duration(rr.Header().Ttl) * time.Second)
		s, is := rr.(*dns.SRV)
		switch {
		case !is:
		case s.Target == ".":
			l.mu.Lock()
			l.closed = true
			l.mu.Unlock()
		case len(records) < maxServers:
			records = append(records, s)
		}
	}
	slices.SortStableFunc(records, func(a, b *dns.SRV) int { return int(a.Priority) - int(b.Priority) })
	found := make([]server, len(records))
	errs := make([]error, len(records))
	var asked sync.WaitGroup
	for i, s := range records {
		asked.Go(func() {
			addrs, ttl, err := l.resolver.addresses(ctx, strings.TrimSuffix(s.Target, "."), s.Port)
			found[i], errs[i] = server{s.Priority, s.Weight, addrs}, err
			if err == nil {
				l.shorten(ttl)
			}
		})
	}
	asked.Wait()
	found = slices.DeleteFunc(found, func(s server) bool { return len(s.addrs) == 0 })
	if len(records) > 0 && len(found) == 0 {
		if err := errors.Join(errs...); err != nil {
			return nil, fmt.Errorf("no server of its SRV records has an address: %w", err)
		}
		return nil, errors.New("no server of its SRV records has an address" + l.resolver.versionText())
	}
	return found, nil
}

// shorten has the answer hold no longer than that.
func (l *lookup) shorten(ttl time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ttl = min(l.ttl, ttl)
}

// addresses asks for the addresses of a host, of each IP version that can be sent to,
// IPv4 first, and for how long they hold.
func (r *resolver) addresses(ctx context.Context, host string, port uint16) (addrs []netip.AddrPort, ttl time.Duration, err error) {
	ttl = maxTTL
	var records [2][]dns.RR
	var errs [2]error
	var asked sync.WaitGroup
	for i, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if r.versions[i] {
			asked.Go(func() { records[i], errs[i] = r.chase(ctx, host, kind) })
		}
	}
	asked.Wait()
	for i := range records {
		for _, rr := range records[i] {
			var ip netip.Addr
			switch rr := rr.(type) {
			case *dns.A:
				ip, _ = netip.AddrFromSlice(rr.A)
			case *dns.AAAA:
				ip, _ = netip.AddrFromSlice(rr.AAAA)
			}
			ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second)
			if ip.IsValid() {
				addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), port))
			}
		}
	}
	if len(addrs) == 0 {
		for _, e := range errs {
			if e != nil {
				err = e
			}
		}
		return nil, 0, err
	}
	return addrs, ttl, nil
}

// chase asks for a type, and follows CNAMEs that the server did not follow itself.
func (r *resolver) chase(ctx context.Context, host string, kind uint16) (all []dns.RR, err error) {
	for range maxCNAMEs {
		records, err := r.dns.Query(ctx, host, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
		next := ""
		for _, rr := range records {
			if rr.Header().Rrtype == kind {
				return all, nil
			}
			if c, is := rr.(*dns.CNAME); is {
				next = strings.TrimSuffix(c.Target, ".")
			}
		}
		if next == "" {
			return all, nil
		}
		host = next
	}
	return nil, fmt.Errorf("%s has a chain of more than %d CNAMEs", host, maxCNAMEs)
}

// versionText says which addresses are not asked for.
func (r *resolver) versionText() string {
	switch {
	case !r.versions[1]:
		return " of IPv4, and sip.listen has no IPv6"
	case !r.versions[0]:
		return " of IPv6, and sip.listen has no IPv4"
	}
	return ""
}

// inOrder are the addresses of servers in the order in which one call tries them: by
// priority, and at random by weight within one (RFC 2782), as ShareOrder has it; those
// without a weight at random behind; those of one server as DNS has them.
func inOrder(servers []server) (out []netip.AddrPort) {
	shuffled := slices.Clone(servers)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	shares := make([]Share, len(shuffled))
	for i, s := range shuffled {
		shares[i] = Share{Priority: int(s.priority), Weight: int(s.weight)}
	}
	for _, at := range ShareOrder(shares) {
		out = append(out, shuffled[at].addrs...)
	}
	return out
}
