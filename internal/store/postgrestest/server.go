// Package postgrestest runs a PostgreSQL server for the tests of one binary: on a
// Unix socket, in a folder that goes with it. It knows nothing of what is stored.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server, whose databases are lost with the power.
type Server struct {
	dir        string   // of the socket and the data
	settings   []string // that go before those of Restart
	bin        string
	credential *syscall.Credential
	process    *exec.Cmd
	alive      io.WriteCloser // the server ends with the pipe, and so with this process
	log        *os.File
}

// database is the one that schemas are made in.
const database = "ringflow"

// Start starts a server. Debian's package postgresql must be installed; its own
// server need not run. Settings, such as fsync=on, go before the server's own.
func Start(settings ...string) (_ *Server, err error) {
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.credential, err = owner(); err != nil {
		return nil, err
	}
	if s.credential != nil {
		if err := os.Chown(dir, int(s.credential.Uid), int(s.credential.Gid)); err != nil {
			return nil, err
		}
	}
	out, err := s.command("initdb", "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	if err := s.Restart(); err != nil {
		return nil, err
	}
	return s, s.Exec(database, `SELECT 1`)
}

// programs finds the newest version's folder.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("there is no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql"), err)
	}
	version := func(path string) int { n, _ := strconv.Atoi(strings.Split(path, "/")[4]); return n }
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// owner is the user that the server runs as, nil for this one: PostgreSQL refuses root.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.credential}
	return c
}

// Restart starts the server after Halt.
func (s *Server) Restart() error {
	// read ends with a line of halt, or when the pipe is closed by the end of this process.
	c := s.command("postgres", "-D", filepath.Join(s.dir, "data"), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "autovacuum=off")
	for _, setting := range s.settings {
		c.Args = append(c.Args, "-c", setting)
	}
	c.Args = append([]string{"sh", "-c", `"$@" & server=$!; read _; halted=$?; kill -INT $server; wait $server; [ $halted = 0 ] || rm -r "$PWD"`, "sh", c.Path}, c.Args[1:]...)
	c.Path = "/bin/sh"
	c.Stdout, c.Stderr = s.log, s.log
	alive, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	s.process, s.alive = c, alive
	for limit := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err = s.Exec("postgres", `SELECT 1`); err == nil {
			break
		} else if time.Now().After(limit) {
			return fmt.Errorf("PostgreSQL does not start: %w", err)
		}
	}
	if err := s.Exec("postgres", `CREATE DATABASE `+database); err != nil && !strings.Contains(err.Error(), "42P04") { // it is there
		return err
	}
	return nil
}

// Halt ends the server, and the connections of its clients.
func (s *Server) Halt() error {
	if s.process == nil {
		return nil
	}
	_, err := io.WriteString(s.alive, "\n")
	err = errors.Join(err, s.alive.Close(), s.process.Wait())
	s.process = nil
	return err
}

// Pause stops the processes of the server, whose sockets stay open, as a disk that hangs
// does; Resume lets them go on.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume undoes Pause.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

// signal signals what runs in the data folder: each session is a process.
func (s *Server) signal(sig syscall.Signal) error {
	folders, err := filepath.Glob("/proc/[0-9]*/cwd")
	for _, folder := range folders {
		if at, gone := os.Readlink(folder); gone != nil || at != filepath.Join(s.dir, "data") {
			continue
		}
		pid, _ := strconv.Atoi(strings.Split(folder, "/")[2])
		if failed := syscall.Kill(pid, sig); !errors.Is(failed, syscall.ESRCH) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// Stop ends the server and removes its folder.
func (s *Server) Stop() error {
	return errors.Join(s.Halt(), s.log.Close(), os.RemoveAll(s.dir))
}

// Socket is the path of the server's socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

// URL names a database, and of it the schema that is not "".
func (s *Server) URL(database, schema string) string {
	q := url.Values{"host": {s.dir}}
	if schema != "" {
		q.Set("search_path", schema)
	}
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// New makes an empty schema and returns its URL.
func (s *Server) New() (string, error) {
	schema := "s" + strings.ToLower(rand.Text())
	return s.URL(database, schema), s.Exec(database, `CREATE SCHEMA `+schema)
}

// Exec runs statements in a database.
func (s *Server) Exec(database, statements string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(database, ""))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statements)
	return errors.Join(err, conn.Close(ctx))
}
