package call

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"ringflow/media/sdp"
)

const (
	// resolveLimit bounds a lookup of host names: the audio of its leg waits for it.
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
		return addr, fmt.Errorf("the host %q was not looked up, as the leg has named %d others", host.Name, maxHosts)
	case !addr.IsValid():
		return addr, fmt.Errorf("the host %q could not be resolved", host.Name)
	}
	return addr, nil
}

// lookUp looks up hosts, for resolveLimit at most.
func lookUp(hosts []sdp.Host) map[sdp.Host]netip.Addr {
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	results := make([]netip.Addr, len(hosts))
	var lookups sync.WaitGroup
	for i, host := range hosts {
		network := "ip4"
		if host.IPv6 {
			network = "ip6"
		}
		lookups.Go(func() {
			if addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host.Name); err == nil {
				results[i] = addrs[0].Unmap()
			}
		})
	}
	lookups.Wait()
	found := make(map[sdp.Host]netip.Addr, len(hosts))
	for i, host := range hosts {
		found[host] = results[i]
	}
	return found
}
