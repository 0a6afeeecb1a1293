//go:build interop

package main_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// TestInteropIPv6 is a trunk of IPv6 alone on another host than the server, with addresses that
// are not of loopback: sockets at :: hear it, both sides hear each other, and the call outlives an
// address that goes away for a while and a phone whose host says that nothing listens.
func TestInteropIPv6(t *testing.T) {
	const ours, theirs = "fd00:77::1", "fd00:77::2"
	server, far := newNamespace(t), newNamespace(t)
	server.wire("wan", far, "wan")
	server.ip("address add 10.8.0.1/24 dev wan")
	server.ip("address add " + ours + "/64 dev wan nodad")
	far.ip("address add " + theirs + "/64 dev wan nodad")
	dir := t.TempDir()
	w := &world{t: t, addr: netip.MustParseAddr("10.8.0.1"), dir: dir, data: filepath.Join(dir, "data"),
		program: program, inside: server.do, attributes: endsWithTest()}
	var contact *phone
	far.do(func() { contact = w.phoneAt(netip.MustParseAddrPort("[" + theirs + "]:30000")) })
	contact.talk(customerHz, 0)
	at := netip.MustParseAddrPort("[" + theirs + "]:5070")
	config := w.config(trunk{targets: []netip.AddrPort{at}}, 10*time.Second)
	w.replaceIn(config,
		fmt.Sprintf("sip:\n  listen: %s\n", w.at(sipPort)), fmt.Sprintf("sip:\n  listen: \"[::]:5060\"\n  advertise: \"[%s]:5060\"\n", ours),
		fmt.Sprintf("bind: %s\n", w.addr), fmt.Sprintf("bind: \"::\"\n  advertise: [\"%s\", 10.8.0.1]\n", ours))
	srv := w.serve(config)
	sipp := w.play("answers-over-ipv6-expects-bye", performance{at: at, audio: 30000, inside: far.do})
	id := srv.mustStart("play", map[string]string{"contact_1": customer}) // half a minute of audio
	within(t, 20*time.Second, "the customer hears the prompt", func() string {
		if n := len(contact.packets()); n < 50 {
			return fmt.Sprintf("%d packets", n)
		}
		return ""
	})
	server.ip("address del " + ours + "/64 dev wan")
	within(t, 20*time.Second, "a second of audio cannot be sent", func() string {
		g, err := srv.gauges()
		if err != nil {
			return err.Error()
		}
		if n := g["ringflow_rtp_packets_dropped_total"]; n < 50 {
			return fmt.Sprintf("%v packets", n)
		}
		return ""
	})
	server.ip("address add " + ours + "/64 dev wan nodad")
	before := len(contact.packets())
	within(t, 20*time.Second, "the customer hears the prompt again", func() string {
		if n := len(contact.packets()) - before; n < 50 {
			return fmt.Sprintf("%d packets", n)
		}
		return ""
	})
	contact.conn.Close() // from here on ICMPv6 says that the port is unreachable
	x := srv.outcome(id, time.Minute)
	sipp.satisfied(30 * time.Second)
	if x.Status != "finished" || x.step(t, "call_contact").Exit != "answered" {
		t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
	}
	for _, k := range contact.packets() {
		if k.from.Addr() != netip.MustParseAddr(ours) {
			t.Fatalf("audio came from %s", k.from)
		}
	}
	srv.stop()
	for _, h := range w.histories(id) {
		for _, e := range h.Events {
			if e.Leg != nil && e.Leg.Audio != nil && e.Leg.Audio.Reception == record.ReceptionNone {
				t.Errorf("nothing was heard of the customer: %+v", e.Leg.Audio)
			}
		}
	}
}
