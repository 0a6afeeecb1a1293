package doctor

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// runningServer is the Ringflow server that answers at http.listen.
type runningServer struct {
	process int // 0: it is not known, so that no port is known to be the server's
	// registered says of the trunks that the server registers whether each is registered, by
	// name; one that several accounts have is so if all of these are.
	registered map[string]bool
}

// The metrics of a server that are read.
const (
	buildInfo       = "ringflow_build_info"
	trunkRegistered = "ringflow_trunk_registered"
	maxMetrics      = 8 << 20
)

// askServer asks what listens at an address for its metrics, and returns nil if it is no
// Ringflow server.
func askServer(ctx context.Context, at string, secure bool) *runningServer {
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // nothing is sent, and the certificate is checked by itself
	if ap, err := netip.ParseAddrPort(at); err == nil && ap.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), ap.Port()).String()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+at+"/metrics", nil)
	if err != nil {
		return nil
	}
	res, err := client.Do(req)
	if err != nil {
		return nil
	}
	defer res.Body.Close() // it was read only
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, _ := parser.TextToMetricFamilies(io.LimitReader(res.Body, maxMetrics)) // those before a mistake
	if families[buildInfo] == nil {
		return nil
	}
	s := &runningServer{registered: map[string]bool{}}
	for _, m := range families[trunkRegistered].GetMetric() {
		for _, label := range m.GetLabel() {
			if label.GetName() == "trunk" {
				s.registered[label.GetValue()] = m.GetGauge().GetValue()+m.GetUntyped().GetValue() == 1
			}
		}
	}
	return s
}

// listenerAt is who listens at an address of TCP.
func listenerAt(listen string) holder {
	at, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return holder{}
	}
	addr := at.AddrPort()
	if !addr.Addr().IsValid() { // as in :8080
		addr = netip.AddrPortFrom(netip.IPv6Unspecified(), addr.Port())
	}
	now := readHolders()
	return now.holderOf(0, now.listeners, addr)
}

// serverProcess is the process of the running server, 0 if there is none or it is not known.
func (d *doctor) serverProcess() int {
	if d.server == nil {
		return 0
	}
	return d.server.process
}

// runs says whether a holder of a port is the running server.
func (d *doctor) runs(h holder) bool { return h.process > 0 && h.process == d.serverProcess() }
