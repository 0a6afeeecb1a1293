package sip_test

import (
	"context"
	"errors"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// withoutIPv6 is a Resolver that answers for A after 20 ms, and never for AAAA.
type withoutIPv6 struct{}

func (withoutIPv6) Query(ctx context.Context, _ string, kind uint16) ([]dns.RR, error) {
	switch kind {
	case dns.TypeA:
		time.Sleep(20 * time.Millisecond)
		return addressRecords(kind, hostOf(peerAddr)), nil
	case dns.TypeAAAA:
		<-ctx.Done()
		return nil, errors.New("DNS is silent")
	}
	return nil, sip.ErrNoName
}

// The first call to a name whose AAAA is never answered for leaves within 100 ms.
func TestCallDoesNotWaitForAnAddressOfIPv6(t *testing.T) {
	for _, target := range []string{"carrier.example:5060", "carrier.example"} {
		inBubble(t, func(c *sip.Config) {
			c.Conn6, c.Resolver = newNetwork().listen("[2001:db8::1]:5060"), withoutIPv6{}
		}, func(b *bench) {
			start := time.Now()
			s := b.call(func(o *sip.Outgoing) { o.Trunk = &sip.Trunk{Name: "carrier", Targets: []string{target}} })
			invite := b.peer.request(sipmsg.INVITE)
			if took := time.Since(start); took > 100*time.Millisecond {
				t.Errorf("%s: the INVITE left after %v", target, took)
			}
			b.peer.answer(invite, 486, "Busy Here", "a", "")
			b.peer.request(sipmsg.ACK)
			b.ended(s)
		})
	}
}
