//go:build interop

package packaging

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is a folder with a Debian of its own to change root into, made by mmdebstrap.
// What runs in it has mounts and processes of its own, which end with it.
type root struct {
	t   *testing.T
	dir string
	// first is the process 1 of the booted system, by its id here; 0: it is not booted.
	first int
}

// prepare mounts what programs expect, in $0, and leaves the other mounts of this
// machine alone.
const prepare = `set -e
mount --make-rprivate /
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -t tmpfs tmpfs "$0/run"
for d in null zero urandom random tty; do [ -e "$0/dev/$d" ] || touch "$0/dev/$d"; mount --bind "/dev/$d" "$0/dev/$d"; done
`

// bareDebian installs the least of Debian 12 that has apt: no init, no ringflow, and
// nothing that it needs.
func bareDebian(t *testing.T) *root {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("to change root one must be root: run make package-test as root")
	}
	r := &root{t: t, dir: filepath.Join(t.TempDir(), "root")}
	out, err := exec.Command("mmdebstrap", "--quiet", "--variant=minbase", "bookworm", r.dir).CombinedOutput()
	if err != nil {
		t.Fatalf("mmdebstrap: %v\n%s", err, out)
	}
	if dns, err := os.ReadFile("/etc/resolv.conf"); err == nil {
		r.write("etc/resolv.conf", string(dns))
	}
	return r
}

func (r *root) path(name string) string { return filepath.Join(r.dir, name) }

func (r *root) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *root) read(name string) string {
	r.t.Helper()
	b, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Error(err)
	}
	return string(b)
}

// there reports whether a file or folder exists.
func (r *root) there(name string) bool {
	_, err := os.Lstat(r.path(name))
	return err == nil
}

// copy puts a file of this machine into the root.
func (r *root) copy(from, to string) {
	r.t.Helper()
	if out, err := exec.Command("cp", from, r.path(to)).CombinedOutput(); err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
}

// shell is a command in the root: in the booted system, or else in namespaces that
// are made for it, with the network of this machine.
func (r *root) shell(script string) *exec.Cmd {
	env := []string{"env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", script}
	if r.first > 0 {
		return exec.Command("nsenter", append([]string{"-t", fmt.Sprint(r.first), "-m", "-p", "-n", "-u", "-i", "-r", "-w"}, env...)...)
	}
	return exec.Command("unshare", append([]string{"--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "sh", "-c", prepare + `exec chroot "$0" "$@"`, r.dir}, env...)...)
}

// do runs a script and returns what it printed.
func (r *root) do(script string) string {
	r.t.Helper()
	out, err := r.shell(script).CombinedOutput()
	if err != nil {
		r.t.Errorf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// boot starts systemd as process 1 with a network of its own, and ends it with the
// test. It waits until the units of multi-user.target have been started.
func (r *root) boot() {
	r.t.Helper()
	c := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--net", "--cgroup", "sh", "-c", prepare+`
mount -t sysfs -o ro sysfs "$0/sys"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
else
	mount -t tmpfs -o mode=755 tmpfs "$0/sys/fs/cgroup"
	mkdir "$0/sys/fs/cgroup/systemd"
	mount -t cgroup -o none,name=systemd cgroup "$0/sys/fs/cgroup/systemd"
fi
ip link set lo up
exec chroot "$0" /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd systemd.unit=multi-user.target`, r.dir)
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	r.until("there is a process 1", func() bool {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", c.Process.Pid))
		if err == nil {
			fmt.Sscan(string(children), &r.first)
		}
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", r.first))
		return r.first > 0 && err == nil && strings.HasSuffix(exe, "systemd")
	})
	r.until("the system is up", func() bool {
		out, _ := r.shell("systemctl is-active multi-user.target").Output()
		return strings.TrimSpace(string(out)) == "active"
	})
}

// until waits for what another process does, for minutes at most.
func (r *root) until(what string, met func() bool) {
	r.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 5 * 120 {
		if met() {
			return
		}
		<-tick.C
	}
	if r.first > 0 {
		r.t.Log(r.do("systemctl status ringflow || true; journalctl --no-pager -n 50 || true"))
	}
	r.t.Fatalf("after two minutes it is not so: %s", what)
}
