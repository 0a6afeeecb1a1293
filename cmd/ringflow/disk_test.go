package main_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// disk is a small file system that only the world's server sees: it lives in a
// mount namespace of its own, which goes with the process that holds it.
type disk struct {
	w      *world
	holder *exec.Cmd
	enter  []string // the beginning of a command that runs beside the server
	dir    string   // where the server sees it
	whole  string   // where it is mounted whatever the server sees
}

// disk puts the data of the world on a file system of the size. Root may do
// that, and so may everybody where user namespaces are allowed.
func (w *world) disk(size string) *disk {
	w.t.Helper()
	d := &disk{w: w, dir: w.path("disk"), whole: w.path("disk.whole")}
	for _, dir := range []string{d.dir, d.whole} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			w.t.Fatal(err)
		}
	}
	var refused []error
	for _, how := range []struct{ unshare, nsenter []string }{
		{[]string{"--mount"}, []string{"--mount"}},
		{[]string{"--mount", "--map-root-user"}, []string{"--mount", "--user", "--preserve-credentials"}},
	} {
		err := d.hold(how.unshare, size)
		if err == nil {
			d.enter = append([]string{"nsenter", "--target", strconv.Itoa(d.holder.Process.Pid)}, how.nsenter...)
			break
		}
		refused = append(refused, err)
	}
	if d.enter == nil {
		w.t.Fatalf("a disk to fill needs a mount namespace: run this as root, or allow user namespaces: %v", refused)
	}
	script := "#!/bin/sh\nexec"
	for _, word := range d.enter {
		script += " " + word
	}
	w.program = w.writeProgram("serve", script+" "+w.program+` "$@"`+"\n")
	w.data = filepath.Join(d.dir, "data")
	return d
}

// hold starts the process that the namespace lives with.
func (d *disk) hold(unshare []string, size string) error {
	const script = `mount -t tmpfs -o mode=700,size="$3" disk "$1" && mount --bind "$1" "$2" && echo mounted && exec cat >/dev/null`
	holder := exec.Command("unshare", append(unshare, "sh", "-c", script, "sh", d.whole, d.dir, size)...)
	in, err := holder.StdinPipe()
	if err != nil {
		return err
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		return err
	}
	if err := holder.Start(); err != nil {
		return err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "mounted\n" {
		in.Close()
		return fmt.Errorf("%v: %q, %w, %w", unshare, line, err, holder.Wait())
	}
	d.w.t.Cleanup(func() {
		in.Close()
		holder.Wait() // it has nothing to say
	})
	d.holder = holder
	return nil
}

// sh runs a shell command in the namespace, in the folder of the disk.
func (d *disk) sh(command string) {
	d.w.t.Helper()
	args := append(d.enter[1:len(d.enter):len(d.enter)], "sh", "-ec", "cd "+d.whole+"\n"+command)
	if out, err := exec.Command(d.enter[0], args...).CombinedOutput(); err != nil {
		d.w.t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// fill leaves not a byte free; free takes the filling away.
func (d *disk) fill() { d.sh("! cat /dev/zero 2>/dev/null >full") }
func (d *disk) free() { d.sh("rm full") }

// unmount takes the disk away under the server; mount puts it back.
func (d *disk) unmount() { d.sh("umount -l " + d.dir) }
func (d *disk) mount()   { d.sh("mount --bind . " + d.dir) }

// readOnly and writable change the disk, as long as nobody has it open to write.
func (d *disk) readOnly() { d.sh("mount -o remount,bind,ro " + d.dir) }
func (d *disk) writable() { d.sh("mount -o remount,bind,rw " + d.dir) }

// keep copies the data to where everybody sees it.
func (d *disk) keep() {
	d.w.t.Helper()
	fillFile := d.w.path("kept")
	if err := os.CopyFS(fillFile, os.DirFS(fmt.Sprintf("/proc/%d/root%s", d.holder.Process.Pid, d.w.data))); err != nil {
		d.w.t.Fatal(err)
	}
	d.w.data = fillFile
}

// sum is that of the database and what belongs to it.
func (d *disk) sum() string {
	d.w.t.Helper()
	data := fmt.Sprintf("/proc/%d/root%s/ringflow.db", d.holder.Process.Pid, d.w.data)
	return d.w.hash(data) + d.w.hash(data+"-wal")
}
