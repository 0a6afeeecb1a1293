package media_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media"
	"ringflow/media/sdp"
)

// calls is a number of ports at once, each with a far end that has its own address;
// rounds is how often they are sprayed in one manner.
const calls, rounds = 200, 5

// TestStrangersOnTheWire sprays all ports before and during 1,000 calls, each port with
// a stream in sequence that goes on for longer than a trial, and as often with
// packets that fit no other: whoever sprays takes nothing over, is not heard and
// hears nothing. Loopback stands for private addresses.
func TestStrangersOnTheWire(t *testing.T) {
	spray(t, "127.0.0.1", "127.0.0.20", "127.0.0.66", "127.0.0.20:9")
}

// TestStrangersOnTheWireOfPublicAddresses is the same in a network namespace whose
// loopback has public addresses. The test runs itself in it.
func TestStrangersOnTheWireOfPublicAddresses(t *testing.T) {
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

// stranger sprays until it is stopped.
type stranger struct {
	conn *net.UDPConn
	sent atomic.Uint64
	stop chan struct{}
	done chan struct{}
}

func newStranger(t *testing.T, at string, ours netip.Addr, first, last uint16, inSequence bool) *stranger {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(at)})
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{conn: conn, stop: make(chan struct{}), done: make(chan struct{})}
	packet := make([]byte, 172)
	packet[0] = 0x80
	go func() {
		defer close(s.done)
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
			default:
				runtime.Gosched()
			}
		}
	}()
	return s
}

// end stops the stranger and reports whether anything was sent to it.
func (s *stranger) end() (heard bool) {
	close(s.stop)
	<-s.done
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err := s.conn.Read(make([]byte, 1))
	_ = s.conn.Close()
	return err == nil
}

// spray has half of the far ends behind a translator, so that they state another address
// than they send from.
func spray(t *testing.T, ours, farEnds, attackers, translated string) {
	us := netip.MustParseAddr(ours)
	const first, last = 41000, 41498
	for _, inSequence := range []bool{true, false} { // one alone: two on trial would keep each other out
		began := time.Now()
		s := newStranger(t, attackers, us, first, last, inSequence)
		won, heard := 0, 0
		for range rounds {
			w, h := sprayedRound(t, us, farEnds, netip.MustParseAddrPort(translated))
			won, heard = won+w, heard+h
		}
		if s.end() {
			t.Error("the stranger was sent something")
		}
		if heard < calls*rounds/2 {
			t.Errorf("%d of %d far ends were heard: nothing is shown", heard, calls*rounds)
		}
		if won > 0 {
			t.Errorf("the stranger won %d of %d calls", won, calls*rounds)
		}
		took := time.Since(began)
		t.Logf("in sequence %t: %.0f packets a second of the stranger for %v, %d of %d far ends heard",
			inSequence, float64(s.sent.Load())/took.Seconds(), took.Round(time.Millisecond), heard, calls*rounds)
	}
}

// sprayedRound holds some calls at once, for longer than a trial, and returns how many
// the stranger won, and of how many the far end was heard.
func sprayedRound(t *testing.T, us netip.Addr, farEnds string, translated netip.AddrPort) (won, heard int) {
	plane := newPlane(t, media.PlaneConfig{Bind: us, PortMin: 41000, PortMax: 41498, Workers: 1})
	defer func() { _ = plane.Close() }()
	var ports []*media.Port
	var phones []*phone
	const packets = 40 // 20 ms each
	for i := range calls {
		port := open(t, plane)
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(farEnds)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		f := &phone{t: t, conn: conn, out: newPhoneHeader()}
		n := f.agreed()
		if i%2 == 1 {
			n.Remote = translated
		}
		n.Direction = sdp.SendRecv
		port.Negotiate(n, media.Sources{Signalling: f.addr().Addr()})
		port.Play(tonePrompt(time.Second)) // for a stranger to hear
		ports, phones = append(ports, port), append(phones, f)
	}
	for range packets { // strangers were first
		<-time.After(20 * time.Millisecond)
		for i, port := range ports {
			phones[i].send(port, 0, make([]byte, 160))
		}
	}
	for i, port := range ports {
		s := port.Stats()
		if s.Received == 0 && s.Remote.Addr() != phones[i].addr().Addr() && s.Remote != translated || s.Received > packets || s.Received > 0 && s.Remote != phones[i].addr() {
			won++
		}
		if s.Received > 0 {
			heard++
		}
	}
	return won, heard
}
