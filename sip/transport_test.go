package sip_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

const (
	ourV6Addr  = "[2001:db8::1]:5060"
	peerV6Addr = "[2001:db8::2]:5060"
)

// TestBothIPVersions places calls from one Agent to a target of each IP version: each leaves
// by the socket of its version, and Via and Contact name that version's address, which in
// IPv6 stands in brackets, in every request and response of the call.
func TestBothIPVersions(t *testing.T) {
	for target, want := range map[string]string{peerAddr: "198.51.100.7:5062", peerV6Addr: "[2001:db8:ffff::7]:5064"} {
		t.Run(target, func(t *testing.T) {
			var n *network
			inBubble(t, func(c *sip.Config) {
				n = c.Conn.(*memConn).net
				c.Conn6 = n.listen(ourV6Addr)
				c.Advertise = []netip.AddrPort{netip.MustParseAddrPort("[2001:db8:ffff::7]:5064"), netip.MustParseAddrPort("198.51.100.7:5062")}
			}, func(b *bench) {
				p, own := b.peer, ourAddr
				if target == peerV6Addr {
					p, own = newPeer(t, n.listen(peerV6Addr)), ourV6Addr
				}
				check := func(m sipmsg.Message) {
					t.Helper()
					text := m.String()
					if req, is := m.(*sipmsg.Request); is && !strings.Contains(text, "Via: SIP/2.0/UDP "+want+";branch=") {
						t.Errorf("%s has another Via", req.StartLine())
					}
					if c := m.(interface{ Contact() *sipmsg.ContactHeader }).Contact(); c != nil && !strings.HasSuffix(c.Address.String(), "@"+want) {
						t.Errorf("Contact %s, want %s", c.Address.String(), want)
					}
					if m.Source() != own {
						t.Errorf("sent from %s, want %s", m.Source(), own)
					}
				}
				s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{target} })
				inv := p.request(sipmsg.INVITE)
				check(inv)
				if u := inv.Recipient.String(); u != "sip:+12025550123@"+target {
					t.Errorf("Request-URI %s", u)
				}
				answer := func(raw string) { p.sendTo(raw, own) }
				res := sipmsg.NewResponseFromRequest(inv, 200, "OK", nil)
				res.To().Params.Add("tag", "a")
				res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+target+">"))
				res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
				res.SetBody([]byte(sdp))
				answer(res.String())
				check(p.request(sipmsg.ACK))
				event[sip.Answered](b, s)
				d := &peerDialog{inv: inv, tag: "a", seq: 100}
				answer(d.request("OPTIONS").String())
				check(p.response(200, sipmsg.OPTIONS))
				s.Hangup(sip.Cause{})
				bye := p.request(sipmsg.BYE)
				check(bye)
				answer(sipmsg.NewResponseFromRequest(bye, 200, "OK", nil).String())
				if o := b.ended(s); !o.Answered {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// TestBothIPVersionsOnRealSockets holds the same on loopback, beside an IPv4 socket of the
// same port, over UDP and over TCP: the Agent calls itself, and takes no calls.
func TestBothIPVersionsOnRealSockets(t *testing.T) {
	v4, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	port := v4.LocalAddr().(*net.UDPAddr).Port
	v6, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback, Port: port})
	if err != nil {
		v4.Close()
		t.Skipf("this machine has no IPv6 on loopback: %v", err)
	}
	agent, err := sip.Listen(sip.Config{Conn: v4, Conn6: v6, AllowFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	for _, host := range []string{"127.0.0.1", "::1"} {
		at := netip.AddrPortFrom(netip.MustParseAddr(host), uint16(port)).String()
		for _, transport := range []sip.Transport{sip.UDP, sip.TCP} {
			trunk := &sip.Trunk{Name: "self", Targets: []string{at}, Transport: transport}
			s := agent.Invite(sip.Outgoing{Trunk: trunk, From: "+12025550100", To: "+12025550123", Offer: offering(sdp)})
			<-s.Done()
			if o := s.Outcome(); o.Code != 403 {
				t.Errorf("%s over %s: %+v", at, transport, o)
			}
		}
	}
}
