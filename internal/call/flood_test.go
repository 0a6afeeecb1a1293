package call_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"

	"ringflow/flowengine/flowfile"
	"ringflow/sip"
)

// make flood runs the flood for longer, and at a higher rate.
var (
	floodFor  = flag.Duration("flood", 2*time.Second, "how long the flood lasts")
	floodRate = flag.Int("flood.rate", 10_000, "datagrams of the flood a second")
)

const floodSources = 10_000

// flood sends what scanners and attackers send, from so many addresses of loopback, until
// the context ends.
func flood(ctx context.Context, t *testing.T, to netip.AddrPort, sent *atomic.Int64) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(fd)
	request := func(method string, i int) []byte {
		return fmt.Appendf(nil, "%s sip:+12025550100@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.9.9.9:5060;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\n"+
			"From: <sip:100@127.9.9.9>;tag=%d\r\nTo: <sip:100@%s>\r\nCall-ID: flood%d\r\nCSeq: 1 %s\r\nContact: <sip:100@127.9.9.9>\r\nContent-Length: 0\r\n\r\n", method, to, i, i, to, i, method)
	}
	at := &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	for i := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for due := int(time.Since(start).Seconds() * float64(*floodRate)); i < due; i++ {
			var raw []byte
			switch i % 4 {
			case 0:
				raw = request("INVITE", i)
			case 1:
				raw = request("OPTIONS", i)
			case 2:
				raw = request("REGISTER", i)
			case 3:
				raw = bytes.Repeat([]byte{0, 0xff, '\r', '\n'}, 1+i%300)
			}
			n := i % floodSources
			source := &unix.Inet4Pktinfo{Spec_dst: [4]byte{127, 77, byte(n >> 8), byte(n)}}
			if err := unix.Sendmsg(fd, raw, unix.PktInfo4(source), at, 0); err == nil {
				sent.Add(1)
			}
		}
	}
}

// TestFloodLeavesCallsUnharmed floods the SIP port from 10,000 addresses with INVITE,
// OPTIONS, REGISTER and garbage. A call goes on without a gap in its audio, others are set up
// in time, nobody is answered, and nothing grows.
func TestFloodLeavesCallsUnharmed(t *testing.T) {
	w := newWorld(t, nil)
	f := newFarEnd(w, func(f *farEnd, s *sip.Session) { s.Answer(states("127.0.0.88", f.port())) })
	contact := w.dial(customer)
	<-f.calls
	ctx, stop := context.WithTimeout(t.Context(), *floodFor)
	defer stop()
	playing := make(chan error, 1)
	long := flowfile.Audio{Speech: &flowfile.Speech{Text: strings.Repeat("a", int(*floodFor/(100*time.Millisecond))+10)}}
	go func() { playing <- contact.Play(t.Context(), long) }()

	var gaps, heard int // of the first call, whose stream is the first that comes
	hears := make(chan struct{})
	go func() {
		defer close(hears)
		buf, last := make([]byte, 2000), rtp.Packet{}
		for ctx.Err() == nil {
			_ = f.rtp.SetReadDeadline(time.Now().Add(time.Second))
			n, err := f.rtp.Read(buf)
			var p rtp.Packet
			if err != nil || p.Unmarshal(buf[:n]) != nil || heard > 0 && p.SSRC != last.SSRC {
				continue
			}
			if heard > 0 && p.SequenceNumber != last.SequenceNumber+1 {
				gaps++
			}
			heard++
			last = p
		}
	}()

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	var sent atomic.Int64
	flooded := make(chan struct{})
	go func() { defer close(flooded); flood(ctx, t, w.agent.LocalAddr(), &sent) }()
	var delays []time.Duration
	next := time.NewTicker(100 * time.Millisecond)
	defer next.Stop()
	for ctx.Err() == nil {
		<-next.C
		start := time.Now()
		second := w.dial(customer)
		delays = append(delays, time.Since(start))
		<-f.calls
		second.HangUp()
	}
	<-flooded
	<-hears
	runtime.GC()
	runtime.ReadMemStats(&after)
	var dropped uint64
	for _, n := range w.agent.DroppedByReason() {
		dropped += n
	}
	slices.Sort(delays)
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d datagrams from %d addresses in %v, %d dropped; %d calls beside it, set up in %v (median), %v (worst); %d packets heard, %d gaps; heap grown by %d kB, goroutines by %d",
		sent.Load(), floodSources, *floodFor, dropped, len(delays), delays[len(delays)/2], delays[len(delays)-1], heard, gaps, grown/1024, runtime.NumGoroutine()-goroutines)
	if sent.Load() < int64(*floodRate) || dropped == 0 {
		t.Errorf("no flood: %d sent, %d dropped", sent.Load(), dropped)
	}
	if gaps != 0 || heard < int(*floodFor/(40*time.Millisecond)) {
		t.Errorf("%d packets heard, %d gaps", heard, gaps)
	}
	if worst := delays[len(delays)-1]; worst > time.Second {
		t.Errorf("a call was set up in %v", worst)
	}
	if grown > 8<<20+int64(len(delays))<<15 || runtime.NumGoroutine() > goroutines+4 {
		t.Errorf("the heap has grown by %d bytes, goroutines from %d to %d", grown, goroutines, runtime.NumGoroutine())
	}
	contact.HangUp()
	<-playing
}
