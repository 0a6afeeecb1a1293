package call

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const (
	// resolveLimit bounds how long a host name in a session description may take: the
	// session does nothing else meanwhile.
	resolveLimit = time.Second
	// maxHosts bounds the names that the descriptions of one leg are looked up for.
	maxHosts = 4
)

// hostResolver remembers what became of the host names in the session descriptions of one
// leg, failures too: a far end that repeats one holds the leg up once. It belongs to
// the goroutine of the leg's session.
type hostResolver struct {
	resolved map[string]netip.Addr // not valid: it cannot be resolved
}

// resolve returns an IPv4 address of a host that a session description names
// instead of an address (RFC 8866 §5.7).
func (h *hostResolver) resolve(host string) (netip.Addr, error) {
	addr, known := h.resolved[host]
	switch {
	case known && addr.IsValid():
		return addr, nil
	case known:
		return addr, fmt.Errorf("the host %q could not be resolved before", host)
	case len(h.resolved) == maxHosts:
		return addr, fmt.Errorf("the leg has named %d other hosts", maxHosts)
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err == nil {
		addr = addrs[0].Unmap()
	} else {
		err = fmt.Errorf("resolve host: %w", err)
	}
	if h.resolved == nil {
		h.resolved = map[string]netip.Addr{}
	}
	h.resolved[host] = addr
	return addr, err
}
