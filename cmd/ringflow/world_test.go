package main_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
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
	data string   // where the server keeps its data
	ids  []string // of executions whose journals are to be judged
	// program is what serve starts: the program under test unless told otherwise.
	program string
}

var worlds atomic.Uint32

// newWorld finds an address that no other test uses. The socket that claims it
// lives as long as the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	for range 1000 {
		n := worlds.Add(1)
		addr := netip.AddrFrom4([4]byte{127, byte(2 + os.Getpid()%250), byte(n / 250), byte(1 + n%250)})
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

// within waits until met says "" and fails with what it says if that takes
// longer than the limit.
func within(t *testing.T, limit time.Duration, what string, met func() string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var why string
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); <-tick.C {
		if why = met(); why == "" {
			return
		}
	}
	t.Fatalf("%s: not within %s: %s", what, limit, why)
}

// trunk is what a test says about the trunk of its world.
type trunk struct {
	targets            []netip.AddrPort // none: trunkPort
	username, password string
}

// config writes the configuration of the world: the acceptance configuration
// with its addresses moved here, the acceptance flows and those of the scenarios.
func (w *world) config(tr trunk, drain time.Duration) string {
	w.t.Helper()
	w.copyFiles("../../testdata/acceptance/flows/*.yaml", "flows")
	w.copyFiles("../../testdata/sipp/flows/*.yaml", "flows")
	w.copyFiles("../../testdata/acceptance/*.wav", "prompts")
	w.write("prompts/chirp.wav", wav(chirp()))
	w.write("prompts/regret.wav", wav(tone(regretHz, 2*time.Second)))
	if len(tr.targets) == 0 {
		tr.targets = []netip.AddrPort{w.at(trunkPort)}
	}
	targets := ""
	for i, t := range tr.targets {
		if i > 0 {
			targets += ", "
		}
		targets += fmt.Sprintf("%q", t)
	}
	login := ""
	if tr.username != "" {
		login = fmt.Sprintf("        username: %s\n        password: %s\n", tr.username, tr.password)
	}
	return w.write("ringflow.yaml", fmt.Appendf(nil, `http:
  listen: %s
sip:
  listen: %s
rtp:
  bind: %s
  ports: 20000-21999
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
      - name: carrier
        targets: [%s]
%s    flows: flows
    prompts: prompts
`, w.at(httpPort), w.at(sipPort), w.addr, drain, ownNumber, targets, login))
}
