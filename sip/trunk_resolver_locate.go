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
	// missing is why the addresses of one IP version are not known, where the other has some;
	// nil: DNS has answered for both.
	missing error
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
	// addressGrace is how long the answer for IPv6 is awaited once that for IPv4 has come: the
	// resolution delay of RFC 8305 §3. IPv4 is always awaited, since it is tried first.
	addressGrace = 50 * time.Millisecond
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

// locate asks DNS where the target is: an address with a port is asked for by A and AAAA
// alone, a name without one by NAPTR, SRV and then its addresses. It may be called again once
// late questions are answered.
func (l *lookup) locate() (located, error) {
	l.ttl, l.closed, l.missing = maxTTL, false, nil
	host, portText, err := net.SplitHostPort(l.target.Address)
	if err == nil {
		port, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || port == 0 || host == "" {
			return located{}, fmt.Errorf("target %q: it must be host or host:port", l.target.Address)
		}
		return l.byAddress(host, uint16(port))
	}
	name := l.target.Address
	if !l.begun {
		l.begun = true
		l.begin(l.target.Transport)
	}
	choices := l.choices(l.target.Transport)
	for i, choice := range choices {
		servers, err := l.servers(l.ctx, choice)
		if err != nil {
			return located{}, fmt.Errorf("look up %s: %w", name, err)
		}
		if len(servers) == 0 {
			continue
		}
		found := located{transport: choice.transport, servers: servers}
		found.streams, found.next = l.beside(choice, choices[i+1:])
		found.ttl, found.missing = l.ttl, l.missing
		return found, nil
	}
	if l.closed {
		return located{}, fmt.Errorf("look up %s: its SRV records say that it has no SIP service", name)
	}
	return l.byAddress(name, l.target.Transport.port())
}

// byAddress locates a host by its addresses alone.
func (l *lookup) byAddress(host string, port uint16) (located, error) {
	addrs, ttl, err := l.addresses(l.ctx, host, port)
	if err != nil {
		return located{}, fmt.Errorf("look up %s: %w", host, err)
	}
	if len(addrs) == 0 {
		return located{}, errors.New("look up " + host + ": it has no address" + l.resolver.versionText())
	}
	transport := l.target.Transport
	if transport == Auto {
		transport = UDP
	}
	return located{transport: transport, servers: []server{{addrs: addrs}}, ttl: ttl, missing: l.missing}, nil
}

// lookup is what is asked of one target. Each question is asked once.
type lookup struct {
	resolver *resolver
	ctx      context.Context // of every question
	target   Target
	past     pastAnswers // of the look-ups before
	begun    bool
	naptr    []*dns.NAPTR
	whole    bool // every answer is awaited

	mu        sync.Mutex
	questions map[dns.Question]*question
	late      []*question   // that locate went on without
	ttl       time.Duration // the shortest of the records that count
	closed    bool          // a record says that there is no service
	missing   error         // as located has it
}

func (r *resolver) newLookup(ctx context.Context, target Target, past pastAnswers) *lookup {
	return &lookup{resolver: r, ctx: ctx, target: target, past: past, questions: map[dns.Question]*question{}}
}

// awaitLate waits for the answers that locate went on without, and reports whether there are
// any. Locate then has them, and awaits every other one.
func (l *lookup) awaitLate() bool {
	for _, q := range l.late {
		<-q.answered
	}
	l.whole = true
	return len(l.late) > 0
}

// question is a question for SRV records or addresses, which is asked once.
type question struct {
	asked    dns.Question
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
			l.question(s.srv+l.target.Address, dns.TypeSRV)
		}
	}
	ctx, cancel := context.WithTimeout(l.ctx, naptrLimit)
	defer cancel()
	records, _ := l.resolver.dns.Query(ctx, l.target.Address, dns.TypeNAPTR) // without them SRV decides
	for _, rr := range records {
		if n, is := rr.(*dns.NAPTR); is {
			l.naptr = append(l.naptr, n)
		}
	}
}

// question asks for SRV records, or for addresses with the CNAMEs on the way to them, unless
// they have been asked for.
func (l *lookup) question(name string, kind uint16) *question {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := dns.Question{Name: name, Qtype: kind}
	q := l.questions[key]
	if q != nil {
		return q
	}
	q = &question{asked: key, answered: make(chan struct{})}
	l.questions[key] = q
	ask := func() {
		defer close(q.answered)
		if kind == dns.TypeSRV {
			q.records, q.err = l.resolver.dns.Query(l.ctx, name, kind)
		} else {
			q.records, q.err = l.resolver.chase(l.ctx, name, kind)
		}
	}
	if !l.resolver.background(ask) {
		q.err = errors.New("the agent is closed")
		close(q.answered)
	}
	return q
}

// answer waits for the answer to a question until ctx ends.
func (l *lookup) answer(ctx context.Context, q *question) ([]dns.RR, error) {
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
		return choice{transport: over, srv: s.srv + l.target.Address}
	}
	return choice{}
}

// servers are the SRV records of a choice with their addresses, by priority. There are
// none, and no error, where DNS says so or refuses the type; the error is that DNS does
// not answer, or that no record has an address.
func (l *lookup) servers(ctx context.Context, of choice) ([]server, error) {
	answer, err := l.answer(ctx, l.question(of.srv, dns.TypeSRV))
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
			addrs, ttl, err := l.addresses(ctx, strings.TrimSuffix(s.Target, "."), s.Port)
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

// addresses asks at once for the addresses of a host of each IP version that can be sent to, and
// returns them, IPv4 first, and for how long they hold. Where there are some of IPv4 it goes on
// after addressGrace without those of IPv6, which are late then.
func (l *lookup) addresses(ctx context.Context, host string, port uint16) (addrs []netip.AddrPort, ttl time.Duration, err error) {
	ttl = maxTTL
	var questions []*question
	for i, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		if l.resolver.versions[i] {
			questions = append(questions, l.question(host, kind))
		}
	}
	answers, answered := make([][]dns.RR, len(questions)), false
	var failed error
	for i, q := range questions {
		records, err := l.addressAnswer(ctx, q, hasAddress(answers))
		switch {
		case err == nil:
			answers[i], answered = records, true
		case failed == nil || errors.Is(failed, ErrNoName):
			failed = err
		}
	}
	for i, records := range answers {
		if records == nil && answered && l.mayBeMissing(questions[i]) {
			records = l.past.addresses(questions[i].asked)
		}
		for _, rr := range records {
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
		return nil, 0, failed
	}
	if failed != nil && !errors.Is(failed, ErrNoName) {
		l.mu.Lock()
		l.missing = fmt.Errorf("%s: %w", host, failed)
		l.mu.Unlock()
	}
	return addrs, ttl, nil
}

// hasAddress reports whether there is an address among the records.
func hasAddress(answers [][]dns.RR) bool {
	return slices.ContainsFunc(answers, func(records []dns.RR) bool {
		return slices.ContainsFunc(records, func(rr dns.RR) bool {
			kind := rr.Header().Rrtype
			return kind == dns.TypeA || kind == dns.TypeAAAA
		})
	})
}

// mayBeMissing reports whether DNS may have records for a question of which it has given none:
// it has not answered, or not yet.
func (l *lookup) mayBeMissing(q *question) bool {
	select {
	case <-q.answered:
		return q.err != nil && !errors.Is(q.err, ErrNoName)
	default:
		return true
	}
}

// addressAnswer waits for the answer to a question for addresses, which is late after
// addressGrace where others do. One that is late has no records and no error yet.
func (l *lookup) addressAnswer(ctx context.Context, q *question, othersDo bool) ([]dns.RR, error) {
	if !othersDo || l.whole {
		return l.answer(ctx, q)
	}
	grace := time.NewTimer(addressGrace)
	defer grace.Stop()
	select {
	case <-q.answered:
		return q.records, q.err
	case <-ctx.Done():
	case <-grace.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = append(l.late, q)
	return nil, nil
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
