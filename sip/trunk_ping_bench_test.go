package sip_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"ringflow/sip"
)

// BenchmarkPing is one ping of one of 1,000 targets over a real socket. %core-of-1000 is
// what 1,000 targets cost that are pinged every 30 seconds; the far ends, which share the
// process, are included.
func BenchmarkPing(b *testing.B) {
	const targets = 1000
	taken := make(chan struct{}, 1<<16)
	pinged, trunk := map[sip.Target]sip.Ping{}, &sip.Trunk{Name: "far"}
	for range targets {
		far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		defer far.Close()
		go answerPings(far, taken)
		pinged[trunk.Target(far.LocalAddr().String())] = sip.Ping{Interval: time.Second, Trunks: []string{"far"}}
	}
	agent := loopbackAgent(b)
	agent.SetPings(pinged)
	for range targets {
		<-taken
	}
	b.ResetTimer()
	before := cpu()
	for range b.N {
		<-taken
	}
	b.StopTimer()
	each := float64((cpu() - before).Microseconds()) / float64(b.N)
	b.ReportMetric(each, "cpu-µs/ping")
	b.ReportMetric(each*targets/30/1e6*100, "%core-of-1000")
}

// answerPings answers each request with 200 until the socket is closed.
func answerPings(far *net.UDPConn, taken chan<- struct{}) {
	buf := make([]byte, 65536)
	for {
		n, from, err := far.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		var head strings.Builder
		for l := range strings.SplitSeq(string(buf[:n]), "\r\n") {
			switch name, _, _ := strings.Cut(l, ":"); name {
			case "To":
				head.WriteString(l + ";tag=far\r\n")
			case "Via", "From", "Call-ID", "CSeq":
				head.WriteString(l + "\r\n")
			}
		}
		if _, err := far.WriteToUDPAddrPort([]byte("SIP/2.0 200 OK\r\n"+head.String()+"Content-Length: 0\r\n\r\n"), from); err != nil {
			return
		}
		select {
		case taken <- struct{}{}:
		default:
		}
	}
}
