package sip

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
)

// logins numbers the credentials of the trunks that calls are placed through. The
// number is part of the Call-ID, which our tag proves to be ours: so a BYE to a leg
// that answers when its session is gone can be authenticated, with nothing remembered
// of the call.
type logins struct {
	mu      sync.Mutex
	numbers map[credentials]int
	known   []credentials // by number, less one: 0 is no login
}

// credentials are a user and a password.
type credentials struct {
	user string
	pass Secret
}

// loginsMost bounds what is kept; calls of further logins carry no number.
const loginsMost = 1 << 16

// callID is a new Call-ID for a call through a trunk.
func (l *logins) callID(t *Trunk) string {
	id := rand.Text()
	if n := l.number(t); n > 0 {
		id += "." + strconv.FormatInt(int64(n), 36)
	}
	return id
}

// number is that of a trunk's login, 0 if it has none.
func (l *logins) number(t *Trunk) int {
	if t == nil || t.authUser() == "" {
		return 0
	}
	c := credentials{t.authUser(), t.Password}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.numbers[c]
	if n == 0 && len(l.known) < loginsMost {
		if l.numbers == nil {
			l.numbers = map[credentials]int{}
		}
		l.known = append(l.known, c)
		n = len(l.known)
		l.numbers[c] = n
	}
	return n
}

// of is the login of the call with that Call-ID, which is one of ours.
func (l *logins) of(callID string) *login {
	_, number, _ := strings.Cut(callID, ".")
	n, err := strconv.ParseUint(number, 36, 31)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil || n == 0 || n > uint64(len(l.known)) {
		return &login{}
	}
	c := l.known[n-1]
	return &login{user: c.user, pass: c.pass}
}
