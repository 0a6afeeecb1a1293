//go:build interop

package main_test

import (
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// resolver serves records from an address of the world, until the test ends, and returns where.
// Every record lives for five seconds.
func (w *world) resolver(records ...string) netip.AddrPort {
	w.t.Helper()
	zone := map[string][]dns.RR{}
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			w.t.Fatal(err)
		}
		h := rr.Header()
		h.Ttl = 5
		key := strings.ToLower(h.Name) + dns.TypeToString[h.Rrtype]
		zone[key] = append(zone[key], rr)
	}
	at := w.at(53)
	var conn net.PacketConn
	var err error
	w.enter(func() { conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)) })
	if err != nil {
		w.t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(to dns.ResponseWriter, query *dns.Msg) {
		res := new(dns.Msg).SetReply(query)
		q := query.Question[0]
		res.Answer = zone[strings.ToLower(q.Name)+dns.TypeToString[q.Qtype]]
		_ = to.WriteMsg(res)
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	w.t.Cleanup(func() { conn.Close(); <-done })
	return at
}
