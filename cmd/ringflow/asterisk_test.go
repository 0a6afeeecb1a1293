//go:build interop

package main_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Where Asterisk listens in its world.
const (
	asteriskPort   = 5070
	asteriskRTPMin = 16000
	asteriskRTPMax = 16199
)

// asterisk is a running Asterisk 22 in a chroot of Debian sid. Every run has a
// folder of its own inside the chroot; nothing is mounted, and stop leaves
// nothing but the log.
type asterisk struct {
	w    *world
	root string // of the chroot
	run  string // the run's folder, as Asterisk sees it
	cmd  *exec.Cmd
	done chan error
}

// installAsterisk makes the chroot if it is not there yet: about half a minute
// and 350 MB, in $RINGFLOW_CACHE or ~/.cache/ringflow.
func installAsterisk(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the chroot that Asterisk lives in needs root: run make interop as root")
	}
	cache := os.Getenv("RINGFLOW_CACHE")
	if cache == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache = filepath.Join(home, ".cache", "ringflow")
	}
	root := filepath.Join(cache, "asterisk-22")
	if _, err := os.Stat(filepath.Join(root, "usr/sbin/asterisk")); err == nil {
		return root
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	// Beside its place first: an installation that was cut short is no cache.
	half, err := os.MkdirTemp(cache, "asterisk-22-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(half)
	if err := os.Chmod(half, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Logf("installing Asterisk from Debian sid into %s", root)
	install := exec.Command("mmdebstrap", `--aptopt=Acquire::Check-Valid-Until "false"`, "--variant=apt",
		"--include=asterisk,asterisk-modules,asterisk-config", "sid", half,
		"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "+mirror(t)+" sid main")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("mmdebstrap: %v\n%s", err, out)
	}
	if err := os.Rename(half, root); err != nil {
		t.Fatal(err)
	}
	return root
}

// mirror is the Debian archive that this machine's own apt uses.
func mirror(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").Output()
	if err != nil {
		t.Fatalf("ask apt for its mirrors: %v", err)
	}
	for uri := range strings.FieldsSeq(string(out)) {
		if uri = strings.TrimSuffix(uri, "/"); strings.HasSuffix(uri, "/debian") {
			return uri
		}
	}
	return "http://deb.debian.org/debian"
}

// startAsterisk starts Asterisk in the world with the configuration of
// testdata/interop/asterisk and returns when it answers on SIP.
func (w *world) startAsterisk(codec, password string) *asterisk {
	w.t.Helper()
	a := &asterisk{w: w, root: installAsterisk(w.t), done: make(chan error, 1)}
	folder, err := os.MkdirTemp(filepath.Join(a.root, "tmp"), "run-")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { os.RemoveAll(folder) })
	a.run = strings.TrimPrefix(folder, a.root)
	for _, d := range []string{"etc", "var", "spool", "run", "log"} {
		if err := os.Mkdir(filepath.Join(folder, d), 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	a.configure(codec, password)
	log, err := os.Create(w.path("asterisk.txt"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer log.Close()
	a.cmd = exec.Command("chroot", a.root, "asterisk", "-f", "-C", a.run+"/etc/asterisk.conf")
	a.cmd.Stdout, a.cmd.Stderr = log, log
	if err := a.cmd.Start(); err != nil {
		w.t.Fatalf("start Asterisk: %v", err)
	}
	go func() { a.done <- a.cmd.Wait() }()
	w.t.Cleanup(a.stop)
	a.awaitSIP()
	return a
}

// configure fills in the configuration.
func (a *asterisk) configure(codec, password string) {
	a.w.t.Helper()
	modules, err := filepath.Glob(filepath.Join(a.root, "usr/lib/*/asterisk/modules"))
	if err != nil || len(modules) != 1 {
		a.w.t.Fatalf("Asterisk's modules are at %v (%v)", modules, err)
	}
	fill := strings.NewReplacer("@RUN@", a.run, "@MODULES@", strings.TrimPrefix(modules[0], a.root),
		"@ADDRESS@", a.w.addr.String(), "@SIP_PORT@", strconv.Itoa(asteriskPort),
		"@RTP_MIN@", strconv.Itoa(asteriskRTPMin), "@RTP_MAX@", strconv.Itoa(asteriskRTPMax),
		"@PASSWORD@", password, "@CODEC@", codec)
	files, err := filepath.Glob("../../testdata/interop/asterisk/*.conf")
	if err != nil || len(files) == 0 {
		a.w.t.Fatalf("no configuration of Asterisk (%v)", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			a.w.t.Fatal(err)
		}
		to := filepath.Join(a.root, a.run, "etc", filepath.Base(f))
		if err := os.WriteFile(to, []byte(fill.Replace(string(text))), 0o600); err != nil {
			a.w.t.Fatal(err)
		}
	}
}

// awaitSIP asks by OPTIONS until Asterisk answers.
func (a *asterisk) awaitSIP() {
	t := a.w.t
	t.Helper()
	conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(a.w.at(5099)), net.UDPAddrFromAddrPort(a.w.at(asteriskPort)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	me := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	n := 0
	within(t, startLimit, "Asterisk answers", func() string {
		select {
		case err := <-a.done:
			a.done <- err
			t.Fatalf("Asterisk ended: %v\n%s", err, tail(a.w.path("asterisk.txt"), 4000))
		default:
		}
		n++
		if _, err := conn.Write(ping(me, a.w.at(asteriskPort), n)); err != nil {
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

// ask runs a command of Asterisk's own console.
func (a *asterisk) ask(command string) string {
	out, err := exec.Command("chroot", a.root, "asterisk", "-C", a.run+"/etc/asterisk.conf", "-rx", command).CombinedOutput()
	if err != nil {
		a.w.t.Errorf("asterisk -rx %q: %v\n%s", command, err, out)
	}
	return string(out)
}

// recording waits until Asterisk has closed a recording and returns it.
func (a *asterisk) recording(name string) []int16 {
	a.w.t.Helper()
	var pcm []int16
	size := -1
	within(a.w.t, 10*time.Second, "Asterisk has written "+name, func() string {
		file, err := os.ReadFile(filepath.Join(a.root, a.run, "spool", name))
		if err != nil {
			return err.Error()
		}
		if len(file) != size { // still growing, as far as one can tell
			size = len(file)
			return "growing"
		}
		if pcm, err = unwav(file); err != nil {
			return err.Error()
		}
		return ""
	})
	return pcm
}

// log is what Asterisk has to say for itself.
func (a *asterisk) log() string {
	return tail(filepath.Join(a.root, a.run, "log", "messages"), 20000)
}

// stop ends Asterisk: by its own command, by a signal if it does not listen.
func (a *asterisk) stop() {
	if a.w.t.Failed() {
		a.w.t.Logf("Asterisk's log:\n%s", a.log())
	}
	a.ask("core stop now")
	select {
	case <-a.done:
	case <-time.After(10 * time.Second):
		a.w.t.Error("Asterisk did not stop and was killed")
		a.cmd.Process.Kill()
		<-a.done
	}
}

// unwav reads the samples of a 16-bit mono WAV file at 8 kHz.
func unwav(file []byte) ([]int16, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("no WAV file")
	}
	for rest := file[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		body := rest[8:min(8+size, len(rest))]
		switch name {
		case "fmt ":
			if !bytes.Equal(body[:8], []byte{1, 0, 1, 0, 0x40, 0x1f, 0, 0}) || body[14] != 16 {
				return nil, errors.New("not 16-bit mono at 8 kHz")
			}
		case "data":
			pcm := make([]int16, len(body)/2)
			for i := range pcm {
				pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return pcm, nil
		}
		rest = rest[min(8+size+size%2, len(rest)):]
	}
	return nil, errors.New("no data in the WAV file")
}
