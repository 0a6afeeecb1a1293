package sip

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"

	"ringflow/internal/secret"
)

// trunkCredentials numbers the credentials of the trunks that calls are placed through.
// The number is part of the Call-ID, which our tag proves to be ours: so a BYE to a leg
// that answers when its session is gone can be authenticated without any state of the
// call.
type trunkCredentials struct {
	mu      sync.Mutex
	numbers map[userPassword]uint64 // from 1
}

type userPassword struct {
	user string
	pass secret.Secret
}

// maxCredentials bounds what is kept; calls with further credentials carry no number.
const maxCredentials = 1 << 16

// callID is a new Call-ID for a call through a trunk.
func (l *trunkCredentials) callID(t *Trunk) string {
	id := rand.Text()
	if t == nil || t.authUser() == "" {
		return id
	}
	c := userPassword{t.authUser(), t.Password}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.numbers[c]
	if n == 0 && len(l.numbers) < maxCredentials {
		n = uint64(len(l.numbers)) + 1
		l.numbers[c] = n
	}
	if n == 0 {
		return id
	}
	return id + "." + strconv.FormatUint(n, 36)
}

// of are the credentials of the call with that Call-ID, which is one of ours.
func (l *trunkCredentials) of(callID string) *digestSession {
	_, number, _ := strings.Cut(callID, ".")
	n, err := strconv.ParseUint(number, 36, 31)
	l.mu.Lock()
	defer l.mu.Unlock()
	for c, of := range l.numbers {
		if err == nil && of == n {
			return &digestSession{user: c.user, pass: c.pass}
		}
	}
	return &digestSession{}
}
