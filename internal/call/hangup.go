package call

import (
	"errors"

	"ringflow/sip"
)

// ErrNoLeg: no leg of this id lives for the account.
var ErrNoLeg = errors.New("there is no leg of this id")

// HangUpLeg ends a leg because somebody asked for it, in whatever state it is.
// It returns at once; the journal tells when the leg has ended, and the flow
// goes on as if the other side had hung up. It returns ErrNoLeg.
func (x *Exchange) HangUpLeg(account, id string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for l := range x.legs {
		if l.id == id && l.account == account {
			l.asked.Store(true)
			l.session.Hangup(sip.Cause{Q850: 16})
			return nil
		}
	}
	return ErrNoLeg
}
