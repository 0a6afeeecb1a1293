package kernel

import (
	"fmt"
	"syscall"
)

// Poll waits for packets on many sockets. One thread uses it.
type Poll struct {
	fd     int
	events [256]syscall.EpollEvent
	ready  []int
}

// NewPoll watches the sockets, which it names by their index.
func NewPoll(sockets []*Socket) (*Poll, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("open poll: %w", err)
	}
	for i, s := range sockets {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
		if err := syscall.EpollCtl(fd, syscall.EPOLL_CTL_ADD, s.fd, &event); err != nil {
			syscall.Close(fd)
			return nil, fmt.Errorf("watch socket: %w", err)
		}
	}
	return &Poll{fd: fd}, nil
}

// Wait returns the indices of sockets with packets, none after a millisecond.
func (p *Poll) Wait() []int {
	n, err := syscall.EpollWait(p.fd, p.events[:], 1)
	if err != nil {
		return nil
	}
	p.ready = p.ready[:0]
	for _, e := range p.events[:n] {
		p.ready = append(p.ready, int(e.Fd))
	}
	return p.ready
}

// Close frees it.
func (p *Poll) Close() error { return syscall.Close(p.fd) }

// Take receives one datagram with a plain recvfrom and without its sender; 0
// when there is none.
func (s *Socket) Take(into []byte) int {
	n, _, err := syscall.Recvfrom(s.fd, into, syscall.MSG_DONTWAIT)
	if err != nil {
		return 0
	}
	return n
}
