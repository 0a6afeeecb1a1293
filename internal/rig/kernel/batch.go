package kernel

import (
	"net/netip"
	"syscall"
	"unsafe"
)

const (
	batchSize   = 32
	datagramMax = 2048
	controlSize = 64
)

// Arrival is one received datagram. Data is valid until the next Receive.
type Arrival struct {
	Data []byte
	From netip.AddrPort
	// At is the kernel's stamp in nanoseconds since 1970.
	At int64
}

type messageHeader struct {
	header syscall.Msghdr
	length uint32
	_      [4]byte
}

// Batch is the memory for receiving many datagrams with one call. One thread
// uses it, for as many sockets as it likes.
type Batch struct {
	headers  [batchSize]messageHeader
	vectors  [batchSize]syscall.Iovec
	names    [batchSize]syscall.RawSockaddrInet4
	control  [batchSize][controlSize]byte
	data     [batchSize][datagramMax]byte
	arrivals [batchSize]Arrival
}

// NewBatch prepares the memory.
func NewBatch() *Batch {
	b := &Batch{}
	for i := range b.headers {
		b.vectors[i] = syscall.Iovec{Base: &b.data[i][0], Len: datagramMax}
		h := &b.headers[i].header
		h.Iov, h.Iovlen = &b.vectors[i], 1
		h.Name = (*byte)(unsafe.Pointer(&b.names[i]))
		h.Control = &b.control[i][0]
	}
	return b
}

// Receive takes what lies on the socket, at most 32 datagrams, without
// waiting. An empty result means that nothing is there.
func (b *Batch) Receive(s *Socket) []Arrival {
	for i := range b.headers {
		b.headers[i].header.Namelen = uint32(unsafe.Sizeof(b.names[0]))
		b.headers[i].header.SetControllen(controlSize)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, uintptr(s.fd),
		uintptr(unsafe.Pointer(&b.headers[0])), batchSize, syscall.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return nil
	}
	for i := range int(n) {
		name := &b.names[i]
		b.arrivals[i] = Arrival{
			Data: b.data[i][:b.headers[i].length],
			From: netip.AddrPortFrom(netip.AddrFrom4(name.Addr), networkOrder(name.Port)),
			At:   stamp(&b.control[i]),
		}
	}
	return b.arrivals[:n]
}

// Full tells whether a result of Receive may have left datagrams behind.
func (b *Batch) Full(got []Arrival) bool { return len(got) == batchSize }

// stamp reads the first control message: a cmsghdr of 16 bytes, then a timespec.
func stamp(control *[controlSize]byte) int64 {
	header := (*syscall.Cmsghdr)(unsafe.Pointer(control))
	if header.Level != syscall.SOL_SOCKET || header.Type != syscall.SCM_TIMESTAMPNS {
		return 0
	}
	t := (*syscall.Timespec)(unsafe.Pointer(&control[syscall.SizeofCmsghdr]))
	return t.Nano()
}

// ControlStamp reads the arrival stamp of a control buffer that the net
// package delivered, in nanoseconds since 1970; 0 when it bears none.
func ControlStamp(control []byte) int64 {
	if len(control) < syscall.SizeofCmsghdr+int(unsafe.Sizeof(syscall.Timespec{})) {
		return 0
	}
	var whole [controlSize]byte
	copy(whole[:], control)
	return stamp(&whole)
}

// StampArrivals asks the kernel to stamp what arrives on a net connection.
func StampArrivals(c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
