//go:build interop

// Package packaging checks what make package makes: it installs the Debian package in
// a Debian of its own and runs the image as its user. It knows what a package promises,
// and nothing of how Ringflow works.
//
// Read package_test.go and image_test.go; root_test.go is the Debian.
package packaging

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ringflow/internal/version"
)

const dist = "../dist"

// file is what make package has made for an architecture.
func file(t *testing.T, form, arch string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(dist, fmt.Sprintf(form, version.Number(), arch)))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatalf("%v: run make package", err)
	}
	return path
}

func debOf(t *testing.T, arch string) string { return file(t, "ringflow_%s-1_%s.deb", arch) }

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// machines are what binaries of the architectures run on.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func TestInteropContentOfPackages(t *testing.T) {
	for arch, machine := range machines {
		deb, dir := debOf(t, arch), t.TempDir()
		for field, want := range map[string]string{
			"Package": "ringflow", "Version": version.Number() + "-1", "Architecture": arch, "Depends": "adduser, ca-certificates, espeak-ng",
		} {
			if got := strings.TrimSpace(output(t, "dpkg-deb", "-f", deb, field)); got != want {
				t.Errorf("%s: %s is %q, want %q", arch, field, got, want)
			}
		}
		list := output(t, "dpkg-deb", "-c", deb)
		for _, want := range []string{
			`-rwxr-xr-x root/root .* \./usr/bin/ringflow`, `-rw-r--r-- root/root .* \./usr/lib/systemd/system/ringflow\.service`,
			`-rw-r----- root/root .* \./etc/ringflow/ringflow\.yaml`, `-rw-r----- root/root .* \./etc/ringflow/flows/installation-help\.yaml`,
			`drwxr-x--- root/root .* \./etc/ringflow/prompts/`, `drwxr-xr-x root/root .* \./usr/share/doc/ringflow/docs/`,
			`-rw-r--r-- root/root .* \./usr/share/doc/ringflow/docs/configuration\.md`, `-rw-r--r-- root/root .* \./usr/share/bash-completion/completions/ringflow`,
			`-rw-r--r-- root/root .* \./usr/share/zsh/vendor-completions/_ringflow`, `-rw-r--r-- root/root .* \./usr/share/fish/vendor_completions\.d/ringflow\.fish`,
		} {
			if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(list) {
				t.Errorf("%s: no line is like %s in\n%s", arch, want, list)
			}
		}
		output(t, "dpkg-deb", "-R", deb, dir)
		if conffiles, err := os.ReadFile(filepath.Join(dir, "DEBIAN/conffiles")); err != nil || string(conffiles) != "/etc/ringflow/flows/installation-help.yaml\n/etc/ringflow/ringflow.yaml\n" {
			t.Errorf("%s: the conffiles are %q, %v", arch, conffiles, err)
		}
		binary, err := elf.Open(filepath.Join(dir, "usr/bin/ringflow"))
		if err != nil {
			t.Fatal(err)
		}
		if libraries, err := binary.ImportedLibraries(); binary.Machine != machine || err != nil || len(libraries) > 0 {
			t.Errorf("%s: the binary is for %s and needs %q, %v", arch, binary.Machine, libraries, err)
		}
		binary.Close()
		if service, err := os.ReadFile(filepath.Join(dir, "usr/lib/systemd/system/ringflow.service")); err != nil || string(service) != unitOfManual(t) {
			t.Errorf("%s: the unit is not that of docs/deployment.md: %v", arch, err)
		}
	}
}

// unitOfManual is the unit that docs/deployment.md shows, with the binary where a
// package puts it.
func unitOfManual(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/deployment.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)`/etc/systemd/system/ringflow.service`:\n\n```ini\n(.*?)```").FindSubmatch(page)
	if m == nil {
		t.Fatal("docs/deployment.md shows no unit")
	}
	return strings.ReplaceAll(string(m[1]), "/usr/local/bin/", "/usr/bin/")
}

// TestInteropPackageInABareDebian installs the package by apt where nothing is, has
// the server place calls, then boots systemd in the same Debian and upgrades, removes
// and purges the package under it.
func TestInteropPackageInABareDebian(t *testing.T) {
	r := bareDebian(t)
	deb := debOf(t, "amd64")
	r.copy(deb, "root/ringflow.deb")
	r.do("apt-get update -qq && apt-get install -y -qq --no-install-recommends /root/ringflow.deb")

	if got := r.do("id -un ringflow; getent passwd ringflow | cut -d: -f6-7; stat -c '%a %U:%G' /etc/ringflow /etc/ringflow/ringflow.yaml /etc/ringflow/shop.secret /etc/ringflow/flows /etc/ringflow/prompts /var/lib/ringflow"); got !=
		"ringflow\n/var/lib/ringflow:/usr/sbin/nologin\n750 root:ringflow\n640 root:ringflow\n640 root:ringflow\n750 root:ringflow\n750 root:ringflow\n700 ringflow:ringflow\n" {
		t.Errorf("the user and the files are\n%s", got)
	}
	if secret := r.read("etc/ringflow/shop.secret"); len(secret) < 44 {
		t.Errorf("the secret is %d characters long", len(secret))
	}
	if got := r.do("ringflow --version; setpriv --reuid=ringflow --regid=ringflow --clear-groups ringflow config check /etc/ringflow/ringflow.yaml"); !strings.HasPrefix(got, "ringflow "+version.Number()+" (") || !strings.HasSuffix(got, "/etc/ringflow/ringflow.yaml: ok\n") {
		t.Errorf("it says\n%s", got)
	}
	// No init is here that would start the unit: what it starts runs by hand, as its user.
	command := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindStringSubmatch(unitOfManual(t))[1]
	got := r.do(`setpriv --reuid=ringflow --regid=ringflow --clear-groups ` + command + ` >/tmp/log 2>&1 &
server=$!
export RINGFLOW_CLIENT_ID=shop RINGFLOW_CLIENT_SECRET=$(cat /etc/ringflow/shop.secret)
until grep -q msg=ready /tmp/log; do kill -0 $server; sleep 0.1; done
ringflow flow list
ringflow start installation-help contact_1=+12025550143 contact_2=+12025550188 || true
kill $server; wait $server; cat /tmp/log`)
	for _, want := range []string{"installation-help  1 ", "nobody listens at 127.0.0.1:5070", "msg=drained"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(strings.ReplaceAll(got, `level=WARN msg="a trunk failed a call"`, ""), "level=WARN") {
		t.Errorf("the server warns:\n%s", got)
	}
	// A whole call, with speech, against the demo's own carrier.
	if got := r.do(`cd /tmp; setpriv --reuid=ringflow --regid=ringflow --clear-groups ringflow demo --out "" 2>&1`); !strings.Contains(got, "execution ended finished") {
		t.Errorf("the demo says\n%s", got)
	}

	r.do("apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus")
	r.boot()
	underSystemd(t, r, deb)
}

// underSystemd goes on in the booted system, where the package is installed.
func underSystemd(t *testing.T, r *root, deb string) {
	const asShop = "export RINGFLOW_CLIENT_ID=shop RINGFLOW_CLIENT_SECRET=$(cat /etc/ringflow/shop.secret); "
	active := func() string {
		out, _ := r.shell("systemctl is-active ringflow").Output()
		return strings.TrimSpace(string(out))
	}
	serves := func() bool {
		_, err := r.shell(asShop + "ringflow flow list").Output()
		return err == nil
	}
	pid := func() string { return strings.TrimSpace(r.do("systemctl show -p MainPID --value ringflow")) }
	r.until("the server that the boot started serves", serves)
	if got := r.do("systemctl is-enabled ringflow; systemd-analyze verify --man=no /usr/lib/systemd/system/ringflow.service 2>&1"); got != "enabled\n" {
		t.Errorf("the unit is %s", got)
	}

	// An upgrade amid a call: the far end answers and never hangs up.
	far := exec.Command("nsenter", "-t", fmt.Sprint(r.first), "-n", "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "5070", "-nostdin")
	far.Dir = t.TempDir()
	if err := far.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		far.Process.Kill()
		far.Wait()
	})
	r.write("etc/ringflow/ringflow.yaml", "drain: 3s\n"+r.read("etc/ringflow/ringflow.yaml"))
	r.do("systemctl reload ringflow")
	secret := r.read("etc/ringflow/shop.secret")
	id := strings.TrimSpace(r.do(asShop + "ringflow start installation-help contact_1=+12025550143 contact_2=+12025550188 --no-wait"))
	r.until("both parties have answered", func() bool {
		return strings.Count(r.do(asShop+"ringflow calls --live"), " answered ") == 2
	})
	before := pid()
	next := filepath.Join(t.TempDir(), "next")
	output(t, "dpkg-deb", "-R", deb, next)
	output(t, "sed", "-i", "s/^Version: .*/Version: 99.0.0-1/", filepath.Join(next, "DEBIAN/control"))
	output(t, "dpkg-deb", "-Znone", "-b", next, r.path("tmp/next.deb"))
	r.do("dpkg -i /tmp/next.deb")
	r.until("the upgraded server serves", serves)
	if now := pid(); now == before || now == "0" {
		t.Errorf("the process is %s, and was %s before the upgrade", now, before)
	}
	if got := r.do(asShop + "ringflow execution " + id); !strings.Contains(got, "  cancelled, accepted ") {
		t.Errorf("the call was not drained:\n%s", got)
	}
	if got := r.read("etc/ringflow/ringflow.yaml"); !strings.HasPrefix(got, "drain: 3s\n") || r.read("etc/ringflow/shop.secret") != secret {
		t.Errorf("the upgrade changed the configuration:\n%s", got)
	}

	r.copy("flows/installation-help.yaml", "etc/ringflow/flows/mine.yaml")
	r.do("chmod 0644 /etc/ringflow/flows/mine.yaml")
	r.do("dpkg -r ringflow")
	if got := active(); got == "active" || !r.there("etc/ringflow/ringflow.yaml") || !r.there("etc/ringflow/shop.secret") || !r.there("var/lib/ringflow/data/ringflow.db") || r.there("usr/bin/ringflow") {
		t.Errorf("after the removal the server is %s, and data or configuration are gone", got)
	}
	r.do("dpkg -i /root/ringflow.deb")
	r.until("the server that was installed again serves", serves)
	if got := r.do(asShop + "ringflow execution " + id); !strings.Contains(got, id) {
		t.Errorf("the record is gone:\n%s", got)
	}
	r.do("dpkg -P ringflow")
	for _, gone := range []string{"etc/ringflow/ringflow.yaml", "etc/ringflow/shop.secret", "etc/ringflow/prompts", "var/lib/ringflow", "etc/systemd/system/multi-user.target.wants/ringflow.service"} {
		if r.there(gone) {
			t.Errorf("%s is there after the purge", gone)
		}
	}
	if !r.there("etc/ringflow/flows/mine.yaml") || active() == "active" {
		t.Error("the purge removed a flow that somebody had written, or left the server running")
	}
	r.do("dpkg -i /root/ringflow.deb")
	r.until("the server that was installed anew serves", serves)
}
