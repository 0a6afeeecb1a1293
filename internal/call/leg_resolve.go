package call

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"time"

	"ringflow/media/sdp"
)

const (
	// resolveLimit bounds a lookup of a host name: the audio of its leg waits for it.
	resolveLimit = time.Second
	// maxHosts bounds the host names that are looked up for one leg.
	maxHosts = 4
)

// hostResolver has what came of the lookups of host names in the SDP of one leg, failures
// too, so that the leg waits once for each. It is owned by handle.
type hostResolver struct {
	resolved map[sdp.Host]netip.Addr // the zero Addr: the lookup failed
}

// unknown are the hosts that are to be looked up.
func (h *hostResolver) unknown(hosts []sdp.Host) (unknown []sdp.Host) {
	for _, host := range hosts {
		if _, known := h.resolved[host]; !known && len(h.resolved)+len(unknown) < maxHosts {
			unknown = append(unknown, host)
		}
	}
	return unknown
}

// add takes what came of a lookup.
func (h *hostResolver) add(found map[sdp.Host]netip.Addr) {
	if h.resolved == nil {
		h.resolved = map[sdp.Host]netip.Addr{}
	}
	maps.Copy(h.resolved, found)
}

// resolve returns the address of a host in SDP (RFC 8866 §5.7) that has been looked up.
func (h *hostResolver) resolve(host sdp.Host) (netip.Addr, error) {
	addr, known := h.resolved[host]
	switch {
	case !known:
		return addr, fmt.Errorf("the leg has named %d other hosts", maxHosts)
	case !addr.IsValid():
		return addr, fmt.Errorf("the host %q could not be resolved", host.Name)
	}
	return addr, nil
}

// lookUp looks up hosts, for resolveLimit each at most.
func lookUp(hosts []sdp.Host) map[sdp.Host]netip.Addr {
	found := make(map[sdp.Host]netip.Addr, len(hosts))
	for _, host := range hosts {
		network := "ip4"
		if host.IPv6 {
			network = "ip6"
		}
		ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host.Name)
		cancel()
		found[host] = netip.Addr{}
		if err == nil {
			found[host] = addrs[0].Unmap()
		}
	}
	return found
}
