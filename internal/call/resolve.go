package call

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// resolveLimit bounds how long a host name in a session description may take.
const resolveLimit = 2 * time.Second

// resolveHost returns an IPv4 address of a host that a session description names
// instead of an address (RFC 8866 §5.7).
func resolveHost(host string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("resolve host: %w", err)
	}
	return addrs[0].Unmap(), nil
}
