//go:build interop

package main_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Addresses of a home.
const (
	homeAddress   = "192.168.9.2"
	firstPublic   = "198.51.100.5" // of the router
	nextPublic    = "198.51.100.6" // that it moves to
	publicNetwork = "198.51.100.0/24"
)

// home is a network of the server's behind a router that translates its address, and beyond
// the router hosts of a provider, each in a network namespace of its own:
//
//	server 192.168.9.2 --- 192.168.9.1 router 198.51.100.5 --- 198.51.100.20, .21, .22 hosts
//
// Nothing comes in that no translation is there for. The world of the home is the server's.
type home struct {
	*world
	server  *namespace
	router  *namespace
	between *namespace // a switch
	hosts   int        // how many have been made
}

// newHome makes a home whose router keeps a translation for as long as mapping after the last
// packet.
func newHome(t *testing.T, mapping time.Duration) *home {
	t.Helper()
	h := &home{server: newNamespace(t), router: newNamespace(t), between: newNamespace(t)}
	dir := t.TempDir()
	h.world = &world{t: t, addr: netip.MustParseAddr(homeAddress), dir: dir, data: filepath.Join(dir, "data"),
		program: program, inside: h.server.do, attributes: endsWithTest()}
	h.server.wire("lan", h.router, "lan")
	h.server.ip("address add " + homeAddress + "/24 dev lan")
	h.router.ip("address add 192.168.9.1/24 dev lan")
	h.server.ip("route add default via 192.168.9.1")
	h.between.ip("link add switch type bridge")
	h.between.ip("link set switch up")
	h.router.wire("wan", h.between, "router")
	h.between.ip("link set router master switch")
	h.router.ip("address add " + firstPublic + "/24 dev wan")
	h.router.set("ipv4/ip_forward", "1")
	h.router.run(`table ip translation {
		chain source {
			type nat hook postrouting priority srcnat
			oifname wan masquerade
		}
		chain forward {
			type filter hook forward priority filter
			iifname wan ct state new drop
		}
		chain input {
			type filter hook input priority filter
			iifname wan ct state new drop
		}
	}`, "nft", "-f", "-")
	for _, key := range []string{"nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"} {
		h.router.set("netfilter/"+key, strconv.Itoa(int(mapping.Seconds())))
	}
	h.server.run(fmt.Sprintf(`table ip door {
		counter audio {}
		chain input {
			type filter hook input priority filter
			udp dport %d-%d counter name audio
		}
	}`, rtpMin, rtpMax), "nft", "-f", "-")
	return h
}

// host makes a host of the provider.
func (h *home) host() host {
	h.t.Helper()
	p := host{newNamespace(h.t), "198.51.100." + strconv.Itoa(20+h.hosts)}
	port := "host" + strconv.Itoa(h.hosts)
	h.hosts++
	p.wire("lan", h.between, port)
	h.between.ip("link set " + port + " master switch")
	p.ip("address add " + p.address + "/24 dev lan")
	return p
}

// move gives the router another address, as a provider of DSL does at night: what was
// translated to the one before is forgotten.
func (h *home) move() {
	h.t.Helper()
	h.router.ip("address del " + firstPublic + "/24 dev wan")
	h.router.ip("address add " + nextPublic + "/24 dev wan")
}

// link takes the router's line up or down.
func (h *home) link(state string) { h.t.Helper(); h.router.ip("link set wan " + state) }

// audio is how many RTP packets have come to the server.
func (h *home) audio() int {
	h.t.Helper()
	for line := range strings.Lines(h.server.run("", "nft", "list", "counters", "table", "ip", "door")) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "packets" {
			n, err := strconv.Atoi(f[1])
			if err != nil {
				h.t.Fatal(err)
			}
			return n
		}
	}
	h.t.Fatal("nft has no counter")
	return 0
}

// hears waits until so many RTP packets more have come to the server than before, and returns
// how long that took.
func (h *home) hears(packets int) time.Duration {
	h.t.Helper()
	began, before := time.Now(), h.audio()
	within(h.t, time.Minute, "audio comes", func() string {
		if n := h.audio() - before; n < packets {
			return fmt.Sprintf("%d packets of %d", n, packets)
		}
		return ""
	})
	return time.Since(began)
}
