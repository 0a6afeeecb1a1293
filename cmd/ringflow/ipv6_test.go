package main_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// freePort6 is a UDP port of ::1 that is free.
func freePort6(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// replaceIn replaces texts in a file of the world.
func (w *world) replaceIn(file string, oldnew ...string) {
	w.t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.NewReplacer(oldnew...).Replace(string(text))), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// addIPv6 has a configuration of the world listen and send audio at ::1 too.
func (w *world) addIPv6(config string) {
	w.t.Helper()
	w.replaceIn(config,
		fmt.Sprintf("sip:\n  listen: %s\n", w.at(sipPort)), fmt.Sprintf("sip:\n  listen: [\"%s\", \"[::1]:0\"]\n", w.at(sipPort)),
		fmt.Sprintf("bind: %s\n", w.addr), fmt.Sprintf("bind: [%s, \"::1\"]\n", w.addr),
	)
}

// ipv6Scenarios is a far end at ::1.
func ipv6Scenarios() []scenario {
	return []scenario{
		{file: "answers-over-ipv6-expects-bye", ipv6: true, flow: "chirp", exit: "answered", sip: 200, ended: "flow"},
		{file: "reinvite-hold-by-ipv6-zero-address", ipv6: true, flow: "chirp", exit: "answered", sip: 200},
		{file: "answers-in-ipv4-expects-bye", ipv6: true, trunk: trunk{keys: "rtp_ip: ipv6"}, flow: "hangup", exit: "error", status: "failed", ended: "fault",
			detail: "192.0.2.9 is of IPv4, and ours is of IPv6 alone"},
	}
}

// customerOverIPv6 is a customer whose trunk is reached over IPv6 and an agent whose trunk is
// reached over IPv4: both hear each other.
func customerOverIPv6(t *testing.T) {
	w := newWorld(t)
	contact, outside := w.phoneAt(netip.MustParseAddrPort("[::1]:0")), w.phone(agentAudioPort)
	contact.talk(customerHz, 0)
	outside.talk(agentHz, 0)
	at := freePort6(t)
	config := w.configTrunks(10*time.Second,
		trunk{name: "six", targets: []netip.AddrPort{at}, keys: fmt.Sprintf("destinations: [%q]", customer)},
		trunk{keys: fmt.Sprintf("destinations: [%q]", agent)})
	w.addIPv6(config)
	server := w.serve(config)
	six := w.play("answers-over-ipv6-expects-bye", performance{at: at, audio: contact.at().Port()})
	four := w.play("answers-then-hangs-up", performance{audio: agentAudioPort})
	id := server.mustStart("join", map[string]string{"contact_1": customer, "contact_2": agent})
	if x := server.outcome(id, time.Minute); x.Status != "finished" {
		t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
	}
	six.satisfied(30 * time.Second)
	four.satisfied(30 * time.Second)
	hears(t, "the customer", contact, agentHz, 1200*time.Millisecond)
	hears(t, "the agent", outside, customerHz, 1200*time.Millisecond)
	hearsNot(t, "the customer", contact, customerHz)
	hearsNot(t, "the agent", outside, agentHz)
	speaks(t, "the customer's leg", contact, 0)
	speaks(t, "the agent's leg", outside, 0)
}
