//go:build interop

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Where Asterisk listens in its world.
const (
	asteriskPort   = 5070
	asteriskRTPMin = 16000
	asteriskRTPMax = 16199
)

// asteriskTree has Asterisk 22, which Debian 12 has not.
var asteriskTree = &debianTree{name: "asterisk-22", suite: "sid", program: "usr/sbin/asterisk",
	packages: []string{"asterisk", "asterisk-modules", "asterisk-config"}}

// asterisk is a running Asterisk 22.
type asterisk struct {
	*peer
	w *world
}

// startAsterisk starts Asterisk in the world with the configuration of
// testdata/interop/asterisk, with more lines for the endpoint, and returns when it answers on SIP.
func (w *world) startAsterisk(codec, password string, endpoint ...string) *asterisk {
	w.t.Helper()
	a := &asterisk{peer: newPeer(w.t, "asterisk", asteriskTree), w: w}
	for _, d := range []string{"etc", "var", "spool", "run", "log"} {
		if err := os.Mkdir(a.path(d), 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	modules, err := filepath.Glob(filepath.Join(a.root, "usr/lib/*/asterisk/modules"))
	if err != nil || len(modules) != 1 {
		w.t.Fatalf("Asterisk's modules are at %v (%v)", modules, err)
	}
	a.configure("etc", "@MODULES@", strings.TrimPrefix(modules[0], a.root),
		"@ADDRESS@", w.addr.String(), "@SIP_PORT@", strconv.Itoa(asteriskPort),
		"@RTP_MIN@", strconv.Itoa(asteriskRTPMin), "@RTP_MAX@", strconv.Itoa(asteriskRTPMax),
		"@PASSWORD@", password, "@CODEC@", codec, "@ENDPOINT@", strings.Join(endpoint, "\n"))
	w.attributes = endsWithTest()
	a.start(nil, "/usr/sbin/asterisk", "-f", "-C", a.run+"/etc/asterisk.conf")
	w.t.Cleanup(a.showLog)
	a.answersSIP(w, w.at(asteriskPort))
	return a
}

// ask runs a command of Asterisk's own console.
func (a *asterisk) ask(command string) string {
	out, err := exec.Command("chroot", a.root, "asterisk", "-C", a.run+"/etc/asterisk.conf", "-rx", command).CombinedOutput()
	if err != nil {
		a.t.Errorf("asterisk -rx %q: %v\n%s", command, err, out)
	}
	return string(out)
}

// recording waits until Asterisk has closed a recording and returns it.
func (a *asterisk) recording(name string) []int16 {
	a.t.Helper()
	size := -1
	within(a.t, 10*time.Second, "Asterisk has written "+name, func() string {
		file, err := os.ReadFile(a.path("spool/" + name))
		if err != nil {
			return err.Error()
		}
		if len(file) != size { // still growing, as far as one can tell
			size = len(file)
			return "growing"
		}
		_, err = unwav(file)
		if err != nil {
			return err.Error()
		}
		return ""
	})
	return a.peer.recording("spool/" + name)
}

// log is what Asterisk has to say for itself.
func (a *asterisk) log() string { return tail(a.path("log/messages"), 20000) }

func (a *asterisk) showLog() {
	if a.t.Failed() {
		a.t.Logf("Asterisk's log:\n%s", a.log())
	}
}
