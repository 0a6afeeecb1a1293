package sip_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"ringflow/sip"
)

// BenchmarkRegistration is one refresh of each of 1,000 registrations over a real socket.
// %core-of-1000 is what 1,000 registrations that are granted 60 seconds cost; the far end,
// which shares the process, is included.
func BenchmarkRegistration(b *testing.B) {
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer far.Close()
	far.SetReadBuffer(4 << 20)
	taken := make(chan struct{}, 1<<16)
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := far.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			lines := strings.Split(string(buf[:n]), "\r\n")
			var head strings.Builder
			for _, l := range lines[1:] {
				switch name, value, _ := strings.Cut(l, ":"); name {
				case "To":
					head.WriteString(l + ";tag=far\r\n")
				case "Contact":
					uri, _, _ := strings.Cut(value, ">")
					head.WriteString("Contact:" + uri + ">;expires=3\r\n") // refreshed after two seconds
				case "Via", "From", "Call-ID", "CSeq":
					head.WriteString(l + "\r\n")
				}
			}
			far.WriteToUDPAddrPort([]byte("SIP/2.0 200 OK\r\n"+head.String()+"Content-Length: 0\r\n\r\n"), from)
			select {
			case taken <- struct{}{}:
			default:
			}
		}
	}()
	agent := loopbackAgent(b)
	const registrations = 1000
	var trunks []*sip.Trunk
	for i := range registrations {
		trunks = append(trunks, &sip.Trunk{Name: "far", Targets: []string{far.LocalAddr().String()}, Username: fmt.Sprint("u", i), Register: &sip.Registration{}})
	}
	agent.SetRegistrations(trunks, nil)
	for range registrations {
		<-taken
	}
	b.ResetTimer()
	before := cpu()
	for range b.N * registrations {
		<-taken
	}
	b.StopTimer()
	each := float64((cpu() - before).Microseconds()) / float64(b.N*registrations)
	b.ReportMetric(each, "cpu-µs/refresh")
	refreshes := registrations / (42 * time.Second).Seconds() // a second, at 70 % of 60 seconds
	b.ReportMetric(each*refreshes/1e6*100, "%core-of-1000")
}
