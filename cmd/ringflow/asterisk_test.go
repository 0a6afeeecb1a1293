//go:build interop

package main_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Where Asterisk listens in its world.
const (
	asteriskPort    = 5070
	asteriskTLSPort = 5071
	asteriskRTPMin  = 16000
	asteriskRTPMax  = 16199
)

// asteriskTree has Asterisk 22, which Debian 12 has not.
var asteriskTree = &debianTree{name: "asterisk-22", suite: "sid", program: "usr/sbin/asterisk",
	packages: []string{"asterisk", "asterisk-modules", "asterisk-config"}}

// asterisk is a running Asterisk 22.
type asterisk struct{ *peer }

// pbx is how Asterisk is set up.
type pbx struct {
	codecs    string   // "": ulaw
	modules   []string // further ones
	transport string   // of its own requests to the endpoint; "": udp
	endpoint  []string // further lines of the endpoint
	aor       []string // and of its address-of-record
	tls       []string // lines of the transport of that name; none: there is no such transport
	files     map[string][]byte
	at        host   // the zero value: the world itself
	from      string // where the endpoint's requests come from; "": the world's address
}

// loaded are the lines of modules.conf that load modules.
func loaded(modules []string) (lines string) {
	for _, name := range modules {
		lines += "load = " + name + ".so\n"
	}
	return lines
}

// startAsterisk starts Asterisk with the configuration of testdata/interop/asterisk, and
// returns when it answers over UDP.
func (w *world) startAsterisk(how pbx) *asterisk {
	w.t.Helper()
	a := &asterisk{newPeer(w.t, "asterisk", asteriskTree)}
	a.configureAsterisk(w, how)
	w.attributes = endsWithTest()
	a.begin(w, how)
	w.t.Cleanup(a.showLog)
	return a
}

// address is where Asterisk listens.
func (how pbx) address(w *world) netip.Addr {
	if how.at.namespace == nil {
		return w.addr
	}
	return netip.MustParseAddr(how.at.address)
}

// begin starts the process; it may have run before.
func (a *asterisk) begin(w *world, how pbx) {
	a.t.Helper()
	a.start(how.at.namespace, "/usr/sbin/asterisk", "-f", "-C", a.run+"/etc/asterisk.conf")
	a.answersSIP(w, netip.AddrPortFrom(how.address(w), asteriskPort))
}

// configureAsterisk writes the run's folder.
func (a *asterisk) configureAsterisk(w *world, how pbx) {
	a.t.Helper()
	for _, d := range []string{"var", "spool", "run", "log"} {
		if err := os.Mkdir(a.path(d), 0o755); err != nil {
			a.t.Fatal(err)
		}
	}
	modules, err := filepath.Glob(filepath.Join(a.root, "usr/lib/*/asterisk/modules"))
	if err != nil || len(modules) != 1 {
		a.t.Fatalf("Asterisk's modules are at %v (%v)", modules, err)
	}
	for name, text := range how.files {
		a.write(name, text)
	}
	address := how.address(w).String()
	secure := ""
	if len(how.tls) > 0 {
		secure = fmt.Sprintf("[tls]\ntype = transport\nprotocol = tls\nbind = %s:%d\nmethod = tlsv1_2\n%s\n",
			address, asteriskTLSPort, strings.ReplaceAll(strings.Join(how.tls, "\n"), "@RUN@", a.run))
	}
	a.configure("etc", "@MODULES@", strings.TrimPrefix(modules[0], a.root),
		"@ADDRESS@", address, "@SIP_PORT@", strconv.Itoa(asteriskPort), "@FROM@", cmp.Or(how.from, w.addr.String()),
		"@RTP_MIN@", strconv.Itoa(asteriskRTPMin), "@RTP_MAX@", strconv.Itoa(asteriskRTPMax),
		"@PASSWORD@", digestPassword, "@CODECS@", cmp.Or(how.codecs, "ulaw"), "@LOAD@", loaded(how.modules), "@TRANSPORT@", cmp.Or(how.transport, "udp"),
		"@ENDPOINT@", strings.Join(how.endpoint, "\n"), "@AOR@", strings.Join(how.aor, "\n"), "@TLS@", secure)
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
