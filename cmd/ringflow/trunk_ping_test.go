package main_test

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// A trunk's targets are pinged as its configuration says, over a real socket; the API
// and the metrics show what became of it, and the log each change once.
func TestPingsOfATrunk(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	far, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(w.at(trunkPort)))
	if err != nil {
		t.Fatal(err)
	}
	var status atomic.Value
	status.Store("404 Not Found")
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buf := make([]byte, 4096)
		for {
			n, from, err := far.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			head, _, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
			lines := strings.Split(head, "\r\n")
			if !strings.HasPrefix(lines[0], "OPTIONS ") {
				t.Errorf("got %q", lines[0])
			}
			reply := []string{"SIP/2.0 " + status.Load().(string)}
			for _, l := range lines[1:] {
				switch name, _, _ := strings.Cut(l, ":"); name {
				case "To":
					l += ";tag=far"
					fallthrough
				case "Via", "From", "Call-ID", "CSeq":
					reply = append(reply, l)
				}
			}
			_, _ = far.WriteToUDPAddrPort([]byte(strings.Join(reply, "\r\n")+"\r\nContent-Length: 0\r\n\r\n"), from)
		}
	}()
	defer func() { far.Close(); <-answered }()
	server := w.serve(w.config(trunk{ping: "1s"}, 10*time.Second))
	target := w.at(trunkPort).String()
	for _, c := range []struct {
		status, state string
		value         float64
	}{{"404 Not Found", "reachable", 1}, {"503 Service Unavailable", "unreachable", 0}, {"200 OK", "reachable", 1}} {
		status.Store(c.status)
		within(t, 20*time.Second, "the target is "+c.state, func() string {
			page, err := server.api.Trunks(t.Context(), api.TrunksParams{})
			if err != nil || len(page.Items) != 1 || len(page.Items[0].Pings) != 1 {
				return fmt.Sprintf("%+v %v", page, err)
			}
			if p := page.Items[0].Pings[0]; p.Target != target || p.State != c.state || p.Result != c.status || p.PingedAt == nil {
				return fmt.Sprintf("%+v", p)
			}
			got, err := server.gauges()
			name := fmt.Sprintf("ringflow_trunk_target_reachable{target=%q,trunk=%q}", target, "carrier")
			if value, there := got[name]; err != nil || !there || value != c.value {
				return fmt.Sprintf("%s is %v (%t) %v", name, value, there, err)
			}
			return ""
		})
	}
	server.stop()
	log := tail(server.log, 1<<20)
	if down, up := strings.Count(log, "a trunk's target is unreachable"), strings.Count(log, "a trunk's target is reachable again"); down != 1 || up != 1 {
		t.Errorf("%d and %d changes logged:\n%s", down, up, log)
	}
}
