//go:build interop

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringflow/media"
)

// output is the file of a run that has what the peer printed.
const output = "output.txt"

// peer is a SIP program of somebody else that runs in a tree of Debian packages.
// Every run has a folder of its own inside the tree; nothing is mounted, and
// nothing is left when the test has ended.
type peer struct {
	t    *testing.T
	name string // of its folder in testdata/interop
	root string // of the tree
	run  string // the run's folder, as the peer sees it

	cmd   *exec.Cmd
	input io.WriteCloser
	done  chan error // receives how the process ended, once
}

// newPeer makes the folder of a run. The peer is started by start.
func newPeer(t *testing.T, name string, tree *debianTree) *peer {
	t.Helper()
	p := &peer{t: t, name: name, root: tree.install(t)}
	folder, err := os.MkdirTemp(filepath.Join(p.root, "tmp"), "run-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	p.run = strings.TrimPrefix(folder, p.root)
	return p
}

// path is where this test finds a file of the run.
func (p *peer) path(name string) string { return filepath.Join(p.root, p.run, name) }

// write makes a file in the run's folder.
func (p *peer) write(name string, data []byte) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// configure copies the files of testdata/interop/NAME into a folder of the run,
// and fills in @RUN@ and what the pairs of name and value say.
func (p *peer) configure(folder string, pairs ...string) {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join("../../testdata/interop", p.name, "*"))
	if err != nil || len(files) == 0 {
		p.t.Fatalf("no configuration of %s (%v)", p.name, err)
	}
	fill := strings.NewReplacer(append([]string{"@RUN@", p.run}, pairs...)...)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			p.t.Fatal(err)
		}
		p.write(filepath.Join(folder, filepath.Base(f)), []byte(fill.Replace(string(text))))
	}
}

// endsWithTest has a process end when this test does, whatever ends it.
func endsWithTest() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// start starts the peer in a network namespace; nil: this process's own. All of
// its processes end with the first, and that ends with this test, whatever ends
// the test.
func (p *peer) start(n *namespace, program string, args ...string) {
	p.t.Helper()
	log, err := os.Create(p.path(output))
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	p.cmd = exec.Command(program, args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = "/", log, log
	p.cmd.Env = []string{"HOME=" + p.run, "TMPDIR=" + p.run, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TERM=dumb"}
	p.cmd.SysProcAttr = endsWithTest()
	p.cmd.SysProcAttr.Chroot, p.cmd.SysProcAttr.Cloneflags = p.root, syscall.CLONE_NEWPID
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	begin := func() { err = p.cmd.Start() }
	if n == nil {
		begin()
	} else {
		n.do(begin)
	}
	if err != nil {
		p.t.Fatalf("start %s: %v", p.name, err)
	}
	cmd, done := p.cmd, make(chan error, 1) // of this run: a peer may be started again
	p.done = done
	go func() { done <- cmd.Wait() }()
	p.t.Cleanup(p.remove)
}

// remove ends the peer's processes, whatever their state, and shows what the peer
// said if the test failed.
func (p *peer) remove() {
	p.unplug()
	if p.t.Failed() {
		p.t.Logf("%s said:\n%s", p.name, tail(p.path(output), 8000))
	}
}

// lives fails the test if the peer has ended.
func (p *peer) lives() {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done <- err
		p.t.Fatalf("%s ended: %v\n%s", p.name, err, tail(p.path(output), 4000))
	default:
	}
}

// unplug ends the peer's processes at once.
func (p *peer) unplug() {
	p.cmd.Process.Kill() // an error says that it has ended already
	p.done <- <-p.done
}

// tell writes to the peer's standard input.
func (p *peer) tell(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.input, text); err != nil {
		p.t.Errorf("tell %s %q: %v", p.name, text, err)
	}
}

// lines is how many lines of a file of the run have all of the texts.
func (p *peer) lines(name string, texts ...string) int {
	n := 0
	for line := range strings.Lines(tail(p.path(name), 1<<20)) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			n++
		}
	}
	return n
}

// writes waits until so many lines of a file of the run have all of the texts.
func (p *peer) writes(n int, name string, texts ...string) {
	p.t.Helper()
	within(p.t, startLimit, fmt.Sprintf("%s writes %q to %s", p.name, texts, name), func() string {
		p.lives()
		if got := p.lines(name, texts...); got < n {
			return fmt.Sprintf("%d lines of %d", got, n)
		}
		return ""
	})
}

// says waits until the peer has printed a line with all of the texts.
func (p *peer) says(texts ...string) { p.t.Helper(); p.writes(1, output, texts...) }

// answersSIP asks by OPTIONS, from within a world, until the peer answers.
func (p *peer) answersSIP(w *world, at netip.AddrPort) {
	p.t.Helper()
	var conn *net.UDPConn
	var err error
	w.enter(func() {
		conn, err = net.DialUDP("udp", net.UDPAddrFromAddrPort(w.at(5099)), net.UDPAddrFromAddrPort(at))
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	me := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	n := 0
	within(p.t, startLimit, p.name+" answers", func() string {
		p.lives()
		n++
		if _, err := conn.Write(ping(me, at, n)); err != nil {
			return err.Error()
		}
		if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			return err.Error()
		}
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			return err.Error()
		}
		return ""
	})
}

func ping(from, to netip.AddrPort, n int) []byte {
	return fmt.Appendf(nil, "OPTIONS sip:%[2]s SIP/2.0\r\nVia: SIP/2.0/UDP %[1]s;branch=z9hG4bK-ping-%[3]d\r\n"+
		"From: <sip:ping@%[1]s>;tag=ping\r\nTo: <sip:%[2]s>\r\nCall-ID: ping-%[3]d@%[1]s\r\nCSeq: %[3]d OPTIONS\r\n"+
		"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n", from, to, n)
}

// recording reads a WAV file of the run.
func (p *peer) recording(name string) []int16 {
	p.t.Helper()
	file, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	pcm, err := unwav(file)
	if err != nil { // a phone in a wideband codec may record at its rate
		pcm, err = media.DecodePCM(file)
	}
	if err != nil {
		p.t.Fatalf("%s's %s: %v", p.name, name, err)
	}
	return pcm
}
