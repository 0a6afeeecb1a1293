package call

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// resolveLimit bounds a lookup of a host name: the session waits for it.
	resolveLimit = time.Second
	// maxHosts bounds the host names that are looked up for one leg.
	maxHosts = 4
)

// hostResolver caches the lookups of host names in the SDP of one leg, failures too, so
// that the leg waits once for each. It belongs to the goroutine of the leg's session.
type hostResolver struct {
	resolved map[sdpHost]netip.Addr // the zero Addr: the lookup failed
}

// sdpHost is a host name in SDP with its address type.
type sdpHost struct {
	name string
	ipv6 bool
}

// resolve returns an address of a host name in SDP (RFC 8866 §5.7), of IPv4 or of IPv6.
func (h *hostResolver) resolve(name string, ipv6 bool) (netip.Addr, error) {
	host := sdpHost{name, ipv6}
	addr, known := h.resolved[host]
	switch {
	case known && addr.IsValid():
		return addr, nil
	case known:
		return addr, fmt.Errorf("the host %q could not be resolved before", name)
	case len(h.resolved) == maxHosts:
		return addr, fmt.Errorf("the leg has named %d other hosts", maxHosts)
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	network := "ip4"
	if ipv6 {
		network = "ip6"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, name)
	if err == nil {
		addr = addrs[0].Unmap()
	} else {
		err = fmt.Errorf("resolve host: %w", err)
	}
	if h.resolved == nil {
		h.resolved = map[sdpHost]netip.Addr{}
	}
	h.resolved[host] = addr
	return addr, err
}
