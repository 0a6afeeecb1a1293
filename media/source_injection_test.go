package media_test

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media"
)

const (
	batch      = 275 // ports, each with a far end that has its own address
	calls      = 500 // that are judged, sprayed in one manner
	mostRounds = 20
	first      = 41000 // of the ports
	last       = first + 2*(batch-1)
	// inTime is how long after the agreement a far end may have sent the packets
	// that show who it is: half of an attacker's probation.
	inTime = 250 * time.Millisecond
	// sweep is how often an attacker sends to each port: four times as often as a far end.
	sweep = 5 * time.Millisecond
)

// TestAttackersOnTheWire sprays all ports before and during 500 calls, each port with
// a stream in sequence that goes on for longer than a trial, and 500 more with
// packets that fit no other: whoever sprays takes nothing over, is not heard and
// hears nothing. Loopback stands for private addresses. Calls whose far end sent late,
// on a busy machine, are made again: the policy protects no far end that is silent.
func TestAttackersOnTheWire(t *testing.T) {
	spray(t, "127.0.0.1", "127.0.0.20", "127.0.0.66", "127.0.0.20:9")
}

// TestAttackersOnTheWireOfPublicAddresses is the same in a network namespace whose
// loopback has public addresses. The test runs itself in it.
func TestAttackersOnTheWireOfPublicAddresses(t *testing.T) {
	if os.Getenv("RINGFLOW_TEST_NAMESPACE") != "" {
		local(t, "198.51.100.1")
		spray(t, "198.51.100.1", "198.51.100.20", "198.51.100.66", "192.168.1.5:4000")
		return
	}
	again := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), "RINGFLOW_TEST_NAMESPACE=1")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "PASS: "+t.Name()) {
		t.Fatalf("it needs a network namespace, and so root or user namespaces: %v\n%s", err, out)
	}
}

// local gives loopback the address and all others of its /24.
func local(t *testing.T, address string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	set := func(what uint, value string) {
		if err := ifr.SetInet4Addr(net.ParseIP(value).To4()); err != nil {
			t.Fatal(err)
		}
		if err := unix.IoctlIfreq(fd, what, ifr); err != nil {
			t.Fatal(err)
		}
	}
	set(unix.SIOCSIFADDR, address)
	set(unix.SIOCSIFNETMASK, "255.255.255.0")
	ifr.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr); err != nil {
		t.Fatal(err)
	}
}

// attacker sprays until it is stopped.
type attacker struct {
	conn *net.UDPConn
	sent atomic.Uint64
	stop chan struct{}
	done chan struct{}
}

func newAttacker(t *testing.T, at string, ours netip.Addr, first, last uint16, inSequence bool) *attacker {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(at)})
	if err != nil {
		t.Fatal(err)
	}
	s := &attacker{conn: conn, stop: make(chan struct{}), done: make(chan struct{})}
	packet := make([]byte, 172)
	packet[0] = 0x80
	go func() {
		defer close(s.done)
		next := time.NewTicker(sweep)
		defer next.Stop()
		for number := uint32(0); ; number++ {
			for port := first; port <= last; port += 2 {
				seq, ssrc := uint16(number), uint32(port)
				if !inSequence {
					ssrc = (number<<16 | uint32(port)) * 2654435761
					seq = uint16(ssrc >> 7)
				}
				binary.BigEndian.PutUint16(packet[2:], seq)
				binary.BigEndian.PutUint32(packet[8:], ssrc)
				_, _ = conn.WriteToUDPAddrPort(packet, netip.AddrPortFrom(ours, port))
				s.sent.Add(1)
			}
			select {
			case <-s.stop:
				return
			case <-next.C:
			}
		}
	}()
	return s
}

// end stops the attacker.
func (s *attacker) end() {
	close(s.stop)
	<-s.done
	_ = s.conn.Close()
}

// heard is the ports that have sent anything to the attacker since it was asked last.
func (s *attacker) heard(t *testing.T) map[uint16]bool {
	t.Helper()
	ports := map[uint16]bool{}
	for {
		if err := s.conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, from, err := s.conn.ReadFromUDPAddrPort(make([]byte, 1))
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return ports
		}
		if err == nil { // or what ICMP says of a port that was closed
			ports[from.Port()] = true
		}
	}
}

// outcome counts calls: those whose far end sent in time are judged.
type outcome struct{ judged, late, won, heard int }

// spray has half of the far ends behind a translator, so that they state another address
// than they send from.
func spray(t *testing.T, ours, farEnds, attackers, translated string) {
	us := netip.MustParseAddr(ours)
	for _, inSequence := range []bool{true, false} { // one alone: two on trial would keep each other out
		began := time.Now()
		s := newAttacker(t, attackers, us, first, last, inSequence)
		var sum outcome
		for rounds := 0; sum.judged < calls && rounds < mostRounds; rounds++ {
			sprayedRound(t, s, &sum, us, farEnds, netip.MustParseAddrPort(translated))
		}
		s.end()
		if sum.judged < calls || sum.heard < sum.judged/2 {
			t.Errorf("%d far ends sent in time, %d of them were heard: nothing is shown", sum.judged, sum.heard)
		}
		if sum.won > 0 {
			t.Errorf("the attacker won %d of %d calls", sum.won, sum.judged)
		}
		took := time.Since(began)
		t.Logf("in sequence %t: %.0f packets a second of the attacker for %v, %d of %d far ends heard, %d late",
			inSequence, float64(s.sent.Load())/took.Seconds(), took.Round(time.Millisecond), sum.heard, sum.judged, sum.late)
	}
}

// sprayedRound holds some calls at once, for longer than a trial, and adds what came of
// them: the attacker won those in which it was taken, or was sent anything.
func sprayedRound(t *testing.T, s *attacker, sum *outcome, us netip.Addr, farEnds string, translated netip.AddrPort) {
	plane := newPlane(t, media.PlaneConfig{Bind: us, PortMin: first, PortMax: last, Workers: 1})
	const packets = 40                // 20 ms each
	prompt := tonePrompt(time.Second) // for an attacker to hear
	var ports [batch]*media.Port
	var phones [batch]*phone
	var late [batch]bool
	var sending sync.WaitGroup
	for i := range batch {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(farEnds)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		port, f := open(t, plane), &phone{t: t, conn: conn, out: newPhoneHeader()}
		ports[i], phones[i] = port, f
		n := f.agreed()
		if i%2 == 1 {
			n.Remote = translated
		}
		agreed := time.Now()
		negotiate(port, n, media.Sources{Signalling: f.addr().Addr()}) // attackers were first
		port.Play(prompt)
		sending.Go(func() {
			for k := range packets {
				f.send(port, 0, make([]byte, 160))
				if k == 2 {
					late[i] = time.Since(agreed) > inTime
				}
				<-time.After(20 * time.Millisecond)
			}
		})
	}
	sending.Wait()
	var stats [batch]media.PortStats
	for i, port := range ports {
		stats[i] = port.Stats()
	}
	if err := plane.Close(); err != nil {
		t.Fatal(err)
	}
	heard := s.heard(t)
	for i := range batch {
		if late[i] {
			sum.late++
			continue
		}
		sum.judged++
		st, own := stats[i], phones[i].addr()
		if st.Received == 0 && st.Remote != own && st.Remote != translated || st.Received > packets || st.Received > 0 && st.Remote != own ||
			heard[ports[i].LocalAddr().Port()] {
			sum.won++
		}
		if st.Received > 0 {
			sum.heard++
		}
	}
}
