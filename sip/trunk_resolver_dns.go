package sip

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Resolver asks DNS. Its methods may be called by any number of goroutines.
type Resolver interface {
	// Query returns the records of a type at a name, each with its TTL, and the CNAMEs on
	// the way to them; none and no error if the name has no record of the type. The error
	// is ErrNoName if there is no such name.
	Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error)
}

// ErrNoName says that DNS knows no such name.
var ErrNoName = errors.New("there is no such name in DNS (NXDOMAIN)")

// errRefused says that a DNS server answered, and would or could not look the name up. Some
// do so for types that they do not know.
var errRefused = errors.New("refused")

const (
	dnsTimeout  = time.Second // of one question to one server
	dnsAttempts = 2           // of each server
	hostsTTL    = 60          // of addresses in the hosts file
	maxCNAMEs   = 8
)

// DNS asks the system's DNS servers, or others.
type DNS struct {
	// Servers are asked in this order; empty: those of /etc/resolv.conf, which is read
	// again for each question.
	Servers []netip.AddrPort
	// Hosts and ResolvConf are files; empty: those of the system.
	Hosts, ResolvConf string
}

// Query implements Resolver. Addresses in the hosts file come before those of DNS.
func (d DNS) Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if kind == dns.TypeA || kind == dns.TypeAAAA {
		if found := d.fromHosts(name, kind); found != nil {
			return found, nil
		}
	}
	conf, err := dns.ClientConfigFromFile(orElse(d.ResolvConf, "/etc/resolv.conf"))
	if err != nil || len(conf.Servers) == 0 {
		conf = &dns.ClientConfig{Servers: []string{"127.0.0.1"}, Port: "53", Ndots: 1}
	}
	var servers []string
	for _, s := range d.Servers {
		servers = append(servers, s.String())
	}
	if len(servers) == 0 {
		for _, s := range conf.Servers {
			servers = append(servers, net.JoinHostPort(s, conf.Port))
		}
	}
	err = ErrNoName
	for _, full := range conf.NameList(name) {
		var found []dns.RR
		if found, err = ask(ctx, servers, full, kind); !errors.Is(err, ErrNoName) {
			return found, err
		}
	}
	return nil, err
}

// ask asks the servers in their order until one has looked the name up.
func ask(ctx context.Context, servers []string, name string, kind uint16) ([]dns.RR, error) {
	q := new(dns.Msg)
	q.SetQuestion(name, kind)
	q.SetEdns0(1232, false)
	var last error
	for range dnsAttempts {
		for _, server := range servers {
			res, err := exchange(ctx, q, server)
			switch {
			case err != nil && ctx.Err() != nil:
				return nil, fmt.Errorf("no answer of the DNS server %s in time", server)
			case err != nil:
				last = fmt.Errorf("no answer of the DNS server %s: %w", server, err)
			case res.Rcode == dns.RcodeSuccess:
				return res.Answer, nil
			case res.Rcode == dns.RcodeNameError:
				return nil, ErrNoName
			default:
				last = fmt.Errorf("the DNS server %s %w: %s", server, errRefused, dns.RcodeToString[res.Rcode])
			}
		}
	}
	return nil, last
}

// exchange asks one server, over TCP again if the answer was cut.
func exchange(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	res, _, err := (&dns.Client{Timeout: dnsTimeout, UDPSize: 1232}).ExchangeContext(ctx, q, server)
	if err == nil && res.Truncated {
		res, _, err = (&dns.Client{Net: "tcp", Timeout: dnsTimeout}).ExchangeContext(ctx, q, server)
	}
	return res, err
}

// fromHosts are the addresses of a name in the hosts file, as records; nil: it has none of
// either version.
func (d DNS) fromHosts(name string, kind uint16) []dns.RR {
	file, err := os.Open(orElse(d.Hosts, "/etc/hosts"))
	if err != nil {
		return nil
	}
	defer file.Close()
	var found []dns.RR
	known := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.ContainsFunc(fields[1:], func(f string) bool { return strings.EqualFold(f, strings.TrimSuffix(name, ".")) }) {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		known = true
		if rr := addressRecord(name, addr.Unmap(), hostsTTL); rr.Header().Rrtype == kind {
			found = append(found, rr)
		}
	}
	if known && found == nil {
		found = []dns.RR{} // DNS is not asked for the other version
	}
	return found
}

// addressRecord is an A or AAAA record.
func addressRecord(name string, addr netip.Addr, ttl uint32) dns.RR {
	head := dns.RR_Header{Name: dns.Fqdn(name), Class: dns.ClassINET, Ttl: ttl, Rrtype: dns.TypeA}
	if addr.Is6() {
		head.Rrtype = dns.TypeAAAA
		return &dns.AAAA{Hdr: head, AAAA: addr.AsSlice()}
	}
	return &dns.A{Hdr: head, A: addr.AsSlice()}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
