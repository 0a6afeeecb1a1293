package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"ringflow/internal/call"
	"ringflow/internal/version"
	"ringflow/sip"
)

// openAgent opens the SIP sockets and starts the user agent.
func (s *Server) openAgent(context.Context, string, Hooks) error {
	own := s.cfg.SIP
	c := sip.Config{UserAgent: version.Product(), InfoTypes: call.InfoTypes(), AllowFrom: own.Networks(), Trace: s.trace, Log: s.log,
		Resolver:  &sip.DNS{Servers: own.DNSServers()},
		Advertise: own.Advertise.AddrPorts(), KeepAlive: time.Duration(own.KeepAlive),
		TLS: sip.TLSListen{Listen: own.TLS.Listen.AddrPorts(), Advertise: own.TLS.Advertise.AddrPorts()}}
	if own.TLS.Certificate != "" {
		c.TLS.Certificate, c.TLS.Key = s.cfg.Relative(own.TLS.Certificate), s.cfg.Relative(own.TLS.Key)
	}
	conns, err := listenUDP(own.Listen.AddrPorts())
	if err != nil {
		return s.cfg.ErrorAt("$.sip.listen", explainListen(err, "ss -lunp"))
	}
	c.Conn = conns[0]
	if len(conns) > 1 {
		c.Conn6 = conns[1]
	}
	if s.agent, err = sip.Listen(c); err != nil {
		return errors.Join(err, closeAll(conns))
	}
	s.onClose(s.agent.Close)
	return nil
}

// listenUDP opens a socket at each address. One at [::] takes IPv4 too where it is alone.
func listenUDP(at []netip.AddrPort) (conns []*net.UDPConn, err error) {
	for _, a := range at {
		network := "udp"
		if a.Addr().Is6() && len(at) > 1 {
			network = "udp6"
		}
		conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(a))
		if err != nil {
			return nil, errors.Join(err, closeAll(conns))
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

func closeAll(conns []*net.UDPConn) (err error) {
	for _, conn := range conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}
