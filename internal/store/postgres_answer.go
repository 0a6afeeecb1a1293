package store

import (
	"net"
	"sync"
	"time"
)

// unanswered is how long a statement of the writer may go without an answer before its
// connection counts as lost: a server that is alive and does not answer, as on a disk
// that hangs, is noticed by nothing else.
const unanswered = 30 * time.Second

// answerConn is a connection to PostgreSQL on which a byte that is waited for, or the
// room to send one, comes within a limit. It is read only while an answer is due.
type answerConn struct {
	net.Conn
	limit func() time.Duration

	mu       sync.Mutex
	deadline time.Time // that SetDeadline has set
}

// Read implements net.Conn.
func (c *answerConn) Read(b []byte) (int, error) {
	if err := c.bound(c.SetReadDeadline); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *answerConn) Write(b []byte) (int, error) {
	if err := c.bound(c.SetWriteDeadline); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// SetDeadline implements net.Conn: the earlier of t and the limit holds.
func (c *answerConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return c.bound(c.Conn.SetDeadline)
}

func (c *answerConn) bound(set func(time.Time) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := time.Now().Add(c.limit())
	if !c.deadline.IsZero() && c.deadline.Before(t) {
		t = c.deadline
	}
	return set(t)
}
