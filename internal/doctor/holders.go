package doctor

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// holders are the programs that hold ports of this machine, as the kernel says it. The zero
// value knows of no port.
type holders struct {
	udp, listeners []boundSocket
	owners         map[uint64][]int // the processes of a socket, by its inode
}

// boundSocket is a socket of the kernel's table, and its inode.
type boundSocket struct {
	at    netip.AddrPort
	inode uint64
}

// readHolders reads the sockets of this machine, and whose they are. The sockets of another
// user's processes have no owner, unless this one may look at them.
func readHolders() holders {
	h := holders{owners: map[uint64][]int{}}
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return h
	}
	for _, table := range []func() (procfs.NetUDP, error){proc.NetUDP, proc.NetUDP6} {
		lines, _ := table() // without IPv6 there is none of that
		for _, l := range lines {
			h.udp = append(h.udp, socketOf(l.LocalAddr, l.LocalPort, l.Inode))
		}
	}
	//lint:ignore SA1019 the tables are read a few times in all; netlink, which is faster, would need the kernel's module tcp_diag
	for _, table := range []func() (procfs.NetTCP, error){proc.NetTCP, proc.NetTCP6} {
		lines, _ := table() // as above
		for _, l := range lines {
			if l.St == unix.BPF_TCP_LISTEN {
				h.listeners = append(h.listeners, socketOf(l.LocalAddr, l.LocalPort, l.Inode))
			}
		}
	}
	processes, _ := proc.AllProcs() // without them no socket has an owner
	for _, p := range processes {
		files, _ := p.FileDescriptorTargets() // of a process that has ended, or that is not shown to this user
		for _, file := range files {
			var inode uint64
			if n, _ := fmt.Sscanf(file, "socket:[%d]", &inode); n == 1 {
				h.owners[inode] = append(h.owners[inode], p.PID)
			}
		}
	}
	return h
}

func socketOf(ip net.IP, port, inode uint64) boundSocket {
	addr, _ := netip.AddrFromSlice(ip)
	return boundSocket{netip.AddrPortFrom(addr.Unmap(), uint16(port)), inode}
}

// holder is who holds a port: a process, or a program that this user is not shown.
type holder struct {
	process int // 0: it is not known
	name    string
}

// released says that a port is not held any more.
var released = holder{process: -1}

// holderOf is who holds the port of some addresses among sockets of a table. That is the
// preferred process only if it holds each socket that is in the way.
func (h holders) holderOf(preferred int, sockets []boundSocket, at ...netip.AddrPort) holder {
	found := released
	for _, s := range sockets {
		if !slices.ContainsFunc(at, s.inTheWayOf) {
			continue
		}
		switch owners := h.owners[s.inode]; {
		case len(owners) == 0:
			return holder{}
		case !slices.Contains(owners, preferred):
			return holder{owners[0], processName(owners[0])}
		}
		found = holder{preferred, processName(preferred)}
	}
	return found
}

// inTheWayOf says whether the socket keeps an address from being bound.
func (s boundSocket) inTheWayOf(at netip.AddrPort) bool {
	own, other := s.at.Addr(), at.Addr().Unmap()
	return s.at.Port() == at.Port() && (own == other || own.IsUnspecified() || other.IsUnspecified())
}

func processName(pid int) string {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return ""
	}
	name, _ := p.Comm() // it has ended meanwhile
	return name
}

// String is how a line names the holder, or says who is shown it.
func (h holder) String() string {
	if h.process <= 0 {
		return "root and the user of that program are shown which"
	}
	return strings.TrimSpace(fmt.Sprintf("%s (process %d)", h.name, h.process))
}
