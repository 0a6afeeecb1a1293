package media_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"ringflow/media/sdp"
)

// farEnd is a socket of the other side.
type farEnd struct {
	fd   int
	addr netip.AddrPort
	port netip.AddrPort // of ours that it speaks to

	srtp         sdp.SRTP      // as its port sees it
	sends, hears *srtp.Context // nil: plain RTP
	out          []byte
}

// encryptAll gives each far end keys of its own; no suite is plain RTP.
func encryptAll(b *testing.B, far []*farEnd, suite sdp.Suite) {
	b.Helper()
	if suite == "" {
		return
	}
	profile := map[sdp.Suite]srtp.ProtectionProfile{
		sdp.AESCM128HMAC80: srtp.ProtectionProfileAes128CmHmacSha1_80, sdp.AESGCM128: srtp.ProtectionProfileAeadAes128Gcm,
	}[suite]
	for _, f := range far {
		keys := sdp.NewCrypto([]sdp.Suite{suite, suite})
		f.srtp = sdp.SRTP{Suite: suite, Send: keys[0].Key, Receive: keys[1].Key}
		f.out = make([]byte, 0, 256)
		for context, key := range map[**srtp.Context]sdp.MasterKey{&f.hears: keys[0].Key, &f.sends: keys[1].Key} {
			master, salt := key.Split(suite)
			var err error
			if *context, err = srtp.CreateContext(master, salt, profile); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// sealed is the packet as the far end sends it.
func (f *farEnd) sealed(frame []byte) []byte {
	if f.sends == nil {
		return frame
	}
	out, _ := f.sends.EncryptRTP(f.out, frame, nil) // a packet that is not sent counts as lost
	return out
}

func farEnds(b *testing.B, n int) []*farEnd {
	b.Helper()
	out := make([]*farEnd, n)
	for i := range out {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		for option, value := range map[int]int{unix.SO_TIMESTAMPNS: 1, unix.SO_RCVBUF: 1 << 20} {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, value); err != nil {
				b.Fatal(err)
			}
		}
		// Two far ends may not share a port with the plane's range.
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 2}}); err != nil {
			b.Fatal(err)
		}
		name, err := unix.Getsockname(fd)
		if err != nil {
			b.Fatal(err)
		}
		own := name.(*unix.SockaddrInet4)
		out[i] = &farEnd{fd: fd, addr: netip.AddrPortFrom(netip.AddrFrom4(own.Addr), uint16(own.Port))}
	}
	return out
}

func (f *farEnd) agreed() sdp.Negotiated {
	return sdp.Negotiated{
		Remote: f.addr, Codec: sdp.Codec{Name: sdp.PCMU, Rate: 8000},
		EventPT: 101, HasEvents: true, Direction: sdp.SendRecv, SRTP: f.srtp,
	}
}

// arrivals empties the socket and returns when each packet came; or, if the
// packets carry the time at which they were sent, how long they took.
func (f *farEnd) arrivals(b *testing.B, sinceSent bool) (out []time.Duration) {
	packet, control := make([]byte, 2048), make([]byte, 128)
	for {
		n, cn, _, _, err := unix.Recvmsg(f.fd, packet, control, 0)
		if err != nil {
			return out
		}
		messages, err := unix.ParseSocketControlMessage(control[:cn])
		if err != nil || len(messages) == 0 {
			b.Fatal("no stamp on a packet", err)
		}
		at := time.Duration((*unix.Timespec)(unsafe.Pointer(&messages[0].Data[0])).Nano())
		if f.hears != nil {
			opened, err := f.hears.DecryptRTP(packet[:0], packet[:n], nil)
			if err != nil {
				b.Fatalf("a packet does not decrypt: %v", err)
			}
			n = len(opened)
		}
		if sinceSent {
			if n < 24 || !bytes.Equal(packet[20:24], stamped) {
				continue // a sign of life of ours
			}
			at -= time.Duration(binary.LittleEndian.Uint64(packet[12:]))
		}
		out = append(out, at)
	}
}

// stamped marks packets that carry the time at which they were sent.
var stamped = []byte("sent")

// lateness is how late each packet came, by the beat of the one that was least
// late. The sign of life and the first of the prompt leave at once, which is
// before any beat.
func lateness(arrivals []time.Duration) []time.Duration {
	if len(arrivals) < 3 {
		return nil
	}
	out := slices.Clone(arrivals[2:])
	for i := range out {
		out[i] -= time.Duration(i) * 20 * time.Millisecond
	}
	least := slices.Min(out)
	for i := range out {
		out[i] -= least
	}
	return out
}

func rawAddr(a netip.AddrPort) unix.RawSockaddrInet4 {
	port := a.Port()
	return unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port<<8 | port>>8, Addr: a.Addr().As4()}
}

func rawSend(fd int, b []byte, to *unix.RawSockaddrInet4) {
	_, _, _ = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(to)), unix.SizeofSockaddrInet4)
}

func closeEnds(ends []*farEnd) {
	for _, e := range ends {
		_ = unix.Close(e.fd)
	}
}
