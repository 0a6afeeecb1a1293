package main_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// gate stands between the world's server and the kernel, and lets it write
// nothing under its data folder while shut: every write, sync, creation and
// removal there fails with an error of the test's choice, as on a file system
// that an error has made read-only, which no mount can be while files are open.
// The kernel itself asks the gate (seccomp user notification); it needs no
// privilege.
type gate struct {
	w        *world
	listener *net.UnixListener
	errno    atomic.Int32 // 0: open
	syncs    atomic.Bool  // only what is synced is refused
	refused  atomic.Int64
}

// gateEnv names the variable that makes the test binary start a server behind
// the gate whose socket it holds.
const gateEnv = "RINGFLOW_TEST_GATE"

// gate puts every server that is started from now on behind a gate.
func (w *world) gate() *gate {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	socket := w.path("gate")
	g := &gate{w: w}
	if g.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { g.listener.Close() })
	w.program = w.writeProgram("serve", fmt.Sprintf("#!/bin/sh\nexec env %s=%s %s %s \"$@\"\n", gateEnv, socket, self, w.program))
	go func() {
		for {
			conn, err := g.listener.AcceptUnix()
			if err != nil {
				return
			}
			control := make([]byte, unix.CmsgSpace(4))
			_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), control)
			conn.Close()
			if err != nil {
				continue
			}
			messages, _ := unix.ParseSocketControlMessage(control[:n])
			if len(messages) == 1 {
				if fds, err := unix.ParseUnixRights(&messages[0]); err == nil {
					go g.watch(fds[0])
				}
			}
		}
	}()
	return g
}

// shut makes writes fail with the error, open lets them through again.
func (g *gate) shut(e syscall.Errno) { g.errno.Store(int32(e)) }
func (g *gate) open()                { g.errno.Store(0) }

// notice is struct seccomp_notif, and verdict struct seccomp_notif_resp.
type (
	notice struct {
		id    uint64
		pid   uint32
		flags uint32
		nr    int32
		arch  uint32
		ip    uint64
		arg   [6]uint64
	}
	decision struct {
		id    uint64
		value int64
		err   int32
		flags uint32
	}
)

// watch answers the kernel for one server, as long as it lives.
func (g *gate) watch(listener int) {
	defer unix.Close(listener)
	for {
		poll := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil || poll[0].Revents&unix.POLLIN == 0 {
			return
		}
		var n notice
		if _, _, err := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n))); err != 0 {
			continue // whoever asked is gone
		}
		v := decision{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
		if errno := g.errno.Load(); errno != 0 && g.concerns(&n) {
			v = decision{id: n.id, err: -errno}
			g.refused.Add(1)
		}
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&v)))
	}
}

// concerns reports whether a system call writes under the data folder.
func (g *gate) concerns(n *notice) bool {
	if n.nr == unix.SYS_IO_SUBMIT { // the record alone is synced so
		return true
	}
	if g.syncs.Load() && n.nr != unix.SYS_FSYNC && n.nr != unix.SYS_FDATASYNC {
		return false
	}
	under := func(path string) bool { return strings.HasPrefix(path, g.w.data) }
	switch n.nr {
	case unix.SYS_OPENAT:
		return n.arg[2]&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT) != 0 && under(text(n, 1))
	case unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT:
		return under(text(n, 1))
	}
	if legacy[n.nr] {
		return (n.nr != 2 || n.arg[1]&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT) != 0) && under(text(n, 0))
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", n.pid, int32(n.arg[0])))
	return err == nil && under(path)
}

// text reads the string that an argument points to.
func text(n *notice, arg int) string {
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", n.pid))
	if err != nil {
		return ""
	}
	defer memory.Close()
	b := make([]byte, 4096)
	read, _ := memory.ReadAt(b, int64(n.arg[arg])) // the page after it may not be there
	s, _, _ := strings.Cut(string(b[:read]), "\x00")
	return filepath.Clean(s)
}

// legacy are open, mkdir, rename and unlink, where they have a number of their own.
var legacy = map[bool]map[int32]bool{true: {2: true, 83: true, 82: true, 87: true}}[runtime.GOARCH == "amd64"]

// passGate starts the program of the arguments behind the gate.
func passGate(socket string) error {
	runtime.LockOSThread()
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return err
	}
	// Not write: pipes and sockets would cost too much, and whoever writes that
	// way has opened the file before.
	calls := []int32{unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_IO_SUBMIT,
		unix.SYS_OPENAT, unix.SYS_MKDIRAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT}
	for n := range legacy {
		calls = append(calls, n)
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the number of the call
	for _, n := range calls {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 0, Jf: 1, K: uint32(n)},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	listener, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if _, _, err := conn.WriteMsgUnix([]byte{0}, unix.UnixRights(int(listener)), nil); err != nil {
		return err
	}
	unix.CloseOnExec(int(listener))
	return syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
}
