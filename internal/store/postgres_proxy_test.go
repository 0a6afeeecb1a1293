package store_test

import (
	"bytes"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"ringflow.test/postgrestest"
)

// fate is what a proxy does to the next commit.
type fate int

const (
	untouched fate = iota
	unsent         // the connection is lost before the server has it
	unheard        // it comes about, and the connection is lost before the client knows
	cutOff         // likewise, and no new connection comes about before lose(false)
)

// proxy stands between a store and the server.
type proxy struct {
	dir, server string
	listener    net.Listener

	mu    sync.Mutex
	next  fate
	shut  bool
	conns map[net.Conn]bool
	met   chan struct{} // receives when a commit has met its fate

	flights atomic.Int64 // of messages to the server
}

func newProxy(t testing.TB, s *postgrestest.Server) *proxy {
	t.Helper()
	p := &proxy{dir: t.TempDir(), server: s.Socket(), conns: map[net.Conn]bool{}, met: make(chan struct{}, 1)}
	var err error
	p.listener, err = net.Listen("unix", filepath.Join(p.dir, ".s.PGSQL.5432"))
	must(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := p.listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		p.listener.Close()
		p.lose(true)
		work.Wait()
	})
	return p
}

// through leads a URL of the server through the proxy.
func (p *proxy) through(at string) string {
	u, _ := url.Parse(at)
	q := u.Query()
	q.Set("host", p.dir)
	u.RawQuery = q.Encode()
	return u.String()
}

// lose ends all connections; while it is shut no new one comes about.
func (p *proxy) lose(shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = shut
	for c := range p.conns {
		c.Close()
	}
}

// meet gives the next commit its fate.
func (p *proxy) meet(f fate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = f
}

func (p *proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
	return !p.shut
}

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", p.server)
	if err != nil || !p.add(client) || !p.add(server) {
		return
	}
	defer server.Close()
	var swallow sync.Mutex // held while the answer to a commit is not to get through
	done := make(chan struct{})
	go func() { // answers
		defer close(done)
		defer client.Close()
		b := make([]byte, 64<<10)
		for {
			n, err := server.Read(b)
			if err != nil {
				return
			}
			if !swallow.TryLock() { // it has come about
				return
			}
			swallow.Unlock()
			if _, err := client.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 64<<10)
	for {
		n, err := client.Read(b)
		if err != nil {
			break
		}
		p.flights.Add(1)
		if bytes.Contains(b[:n], []byte("COMMIT\x00")) {
			p.mu.Lock()
			f := p.next
			p.next = untouched
			p.shut = p.shut || f == cutOff
			p.mu.Unlock()
			if f == unsent {
				break
			} else if f != untouched {
				swallow.Lock()
				_, _ = server.Write(b[:n])
				<-done
				select {
				case p.met <- struct{}{}:
				default:
				}
				return
			}
		}
		if _, err := server.Write(b[:n]); err != nil {
			break
		}
	}
	server.Close()
	<-done
}
