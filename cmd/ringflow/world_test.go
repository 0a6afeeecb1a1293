package main_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Numbers and ports of every world.
const (
	ownNumber = "+12025550100"
	customer  = "+12025550143"
	agent     = "+12025550188"

	httpPort  = 8080
	sipPort   = 5060
	trunkPort = 5070
	// secondPort is the second target of a trunk that has two.
	secondPort = 5071
	rtpMin     = 20000 // the server's own RTP ports
	rtpMax     = 21999
	// audioPort is where the customer's phone listens, the next ones where it
	// moves to and where the agent's phone listens.
	audioPort      = 30000
	audioPort2     = 30002
	agentAudioPort = 30004
)

// world is a loopback address of its own with a folder for what is written
// there. Whatever a test starts in it ends with the test.
type world struct {
	t    *testing.T
	addr netip.Addr
	dir  string
	data string // where the server keeps its data
	// database is the URL of its record in PostgreSQL; "": the record lies in data.
	database string
	ids      []string // of executions whose journals are to be judged
	// program is what serve starts: the program under test unless told otherwise.
	program string
	// silent has a failed test not show the logs of the servers of this world.
	silent bool
	// inside runs do in the network namespace of this world; nil: it is this
	// process's own.
	inside func(do func())
	// sip is further keys of sip in the configuration, in YAML.
	sip string
	// attributes are what serve starts the server with; nil: nothing special.
	attributes *syscall.SysProcAttr
	// lent is the server that a test of several has to itself; nil: the test starts its own.
	lent *Server
}

var worlds atomic.Uint32

// ownNet is the second byte of the loopback addresses of this process's worlds.
func ownNet() byte { return byte(2 + os.Getpid()%250) }

// newWorld finds an address that no other test uses. The socket that claims it
// lives as long as the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	for range 1000 {
		n := worlds.Add(1)
		addr := netip.AddrFrom4([4]byte{127, ownNet(), byte(n / 250), byte(1 + n%250)})
		claim, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 1024)))
		if err != nil {
			continue
		}
		t.Cleanup(func() { claim.Close() })
		dir := t.TempDir()
		return &world{t: t, addr: addr, dir: dir, data: filepath.Join(dir, "data"), program: program}
	}
	t.Fatal("no loopback address is free")
	return nil
}

// enter runs do where the addresses of the world are.
func (w *world) enter(do func()) {
	if w.inside == nil {
		do()
		return
	}
	w.inside(do)
}

// dial connects from within the world. The address is numeric: a lookup would
// leave the calling thread, and with it the network namespace.
func (w *world) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	w.enter(func() { conn, err = new(net.Dialer).DialContext(ctx, network, address) })
	return conn, err
}

func (w *world) at(port uint16) netip.AddrPort { return netip.AddrPortFrom(w.addr, port) }

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// write makes a file in the world's folder.
func (w *world) write(name string, data []byte) string {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// writeProgram makes a script that can be run at once: without the lock, a child
// that another test forks amid the write would have the file open for writing until
// it calls exec, and the kernel runs no such file (ETXTBSY).
func (w *world) writeProgram(name, script string) string {
	w.t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	path := w.write(name, []byte(script))
	if err := os.Chmod(path, 0o700); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// copyFiles copies what matches the pattern into a folder of the world.
func (w *world) copyFiles(pattern, folder string) {
	w.t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		w.t.Fatalf("no file is named %s (%v)", pattern, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			w.t.Fatal(err)
		}
		w.write(filepath.Join(folder, filepath.Base(f)), data)
	}
}

// seedSpeech gives a server that has no data yet the speech that another has rendered.
func (w *world) seedSpeech() {
	w.t.Helper()
	if _, err := os.Stat(w.data); err == nil {
		return
	}
	if _, err := os.Stat(speech); err != nil {
		return
	}
	if err := os.Mkdir(w.data, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(w.data, "speech"), os.DirFS(speech)); err != nil {
		w.t.Fatal(err)
	}
}

// keepSpeech keeps what the server has rendered, unless another was first.
func (w *world) keepSpeech() {
	w.t.Helper()
	rendered := filepath.Join(w.data, "speech")
	if files, err := os.ReadDir(rendered); err != nil || len(files) == 0 {
		return
	}
	if _, err := os.Stat(speech); err == nil {
		return
	}
	whole, err := os.MkdirTemp(filepath.Dir(speech), "speech-")
	if err == nil {
		err = os.CopyFS(whole, os.DirFS(rendered))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	_ = os.Rename(whole, speech) // another may have been first meanwhile
}

// within waits until met says "" and fails with what it says if that takes
// longer than the limit. What takes longer is asked for less often: an answer
// costs the server more than most of what is waited for.
func within(t *testing.T, limit time.Duration, what string, met func() string) {
	t.Helper()
	const often, seldom = 10 * time.Millisecond, 200 * time.Millisecond
	var why string
	for began := time.Now(); time.Since(began) < limit; <-time.After(min(max(time.Since(began)/5, often), seldom)) {
		if why = met(); why == "" {
			return
		}
	}
	t.Fatalf("%s: not within %s: %s", what, limit, why)
}

// trunk is what a test says about a trunk of its world.
type trunk struct {
	name               string           // "": carrier
	targets            []netip.AddrPort // none: trunkPort
	standby            bool             // without targets: secondPort after trunkPort
	named              []string         // targets by host names, in place of those
	username, password string
	channels           int
	rtpFrom            string // "": as by default
	ping               string // "": none
	transport          string // "": udp
	keys               string // further keys, in YAML
	srtp               string // "": off
	suites             string // of srtp_suites; "": as by default
}

// yaml is the trunk's part of the configuration.
func (tr trunk) yaml(w *world) string {
	if tr.name == "" {
		tr.name = "carrier"
	}
	if len(tr.targets) == 0 {
		tr.targets = []netip.AddrPort{w.at(trunkPort)}
		if tr.standby {
			tr.targets = append(tr.targets, w.at(secondPort))
		}
	}
	targets := make([]string, len(tr.targets))
	for i, t := range tr.targets {
		targets[i] = fmt.Sprintf("%q", t)
	}
	if len(tr.named) > 0 {
		targets = tr.named
	}
	text := fmt.Sprintf("      - name: %s\n        targets: [%s]\n", tr.name, strings.Join(targets, ", "))
	if tr.username != "" {
		text += fmt.Sprintf("        username: %s\n        password: %s\n", tr.username, tr.password)
	}
	if tr.channels > 0 {
		text += fmt.Sprintf("        channels: %d\n", tr.channels)
	}
	if tr.rtpFrom != "" {
		text += fmt.Sprintf("        rtp_from: %s\n", tr.rtpFrom)
	}
	if tr.transport != "" {
		text += fmt.Sprintf("        transport: %s\n", tr.transport)
	}
	if tr.keys != "" {
		text += "        " + strings.ReplaceAll(tr.keys, "\n", "\n        ") + "\n"
	}
	if tr.srtp != "" {
		text += fmt.Sprintf("        srtp: %s\n", tr.srtp)
	}
	if tr.suites != "" {
		text += fmt.Sprintf("        srtp_suites: [%s]\n", tr.suites)
	}
	if tr.ping != "" {
		text += fmt.Sprintf("        ping: %s\n", tr.ping)
	}
	return text
}

// config writes the configuration of the world with one trunk.
func (w *world) config(tr trunk, drain time.Duration) string {
	w.t.Helper()
	return w.configTrunks(drain, tr)
}

// configTrunks writes the configuration of the world: the acceptance
// configuration with its addresses moved here, the acceptance flows and those of
// the scenarios.
func (w *world) configTrunks(drain time.Duration, trunks ...trunk) string {
	w.t.Helper()
	w.copyFiles("../../testdata/acceptance/flows/*.yaml", "flows")
	w.copyFiles("../../testdata/sipp/flows/*.yaml", "flows")
	w.copyFiles("../../testdata/acceptance/*.wav", "prompts")
	w.write("prompts/chirp.wav", wav(chirp()))
	w.write("prompts/regret.wav", wav(tone(regretHz, 2*time.Second)))
	var list strings.Builder
	for _, tr := range trunks {
		list.WriteString(tr.yaml(w))
	}
	return w.write("ringflow.yaml", []byte(w.inDatabase(fmt.Sprintf(`http:
  listen: %s
sip:
  listen: %s
%srtp:
  bind: %s
  ports: %d-%d
drain: %s
accounts:
  - name: acme
    rate_limit: 0
    clients:
      - id: acceptance
        secret: acceptance-secret
        scopes: [flows-interactions:start, flows:read, flows:write]
    numbers: [%q]
    destinations:
      allow: ["+1"]
    trunks:
%s    flows: flows
    prompts: prompts
`, w.at(httpPort), w.at(sipPort), indented(w.sip), w.addr, rtpMin, rtpMax, drain, ownNumber, list.String()))))
}

// indented is lines of YAML that stand two columns further in.
func indented(lines string) string {
	if lines == "" {
		return ""
	}
	return "  " + strings.ReplaceAll(lines, "\n", "\n  ") + "\n"
}
