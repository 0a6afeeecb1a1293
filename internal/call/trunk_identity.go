package call

import (
	"ringflow/numbers"
	"ringflow/sip"
)

// Identity is whose number P-Asserted-Identity (RFC 3325 §9.1) has in an INVITE
// whose From shows a number that is not the account's: the contact's, to the
// phone that a step forwards to. Where From has the account's own number, there is
// no such header field.
type Identity string

// The identities. The first is the default: the field says who vouches for the
// call, and a carrier that checks it refuses any number but its customer's.
const (
	IdentityAccount Identity = "account"
	IdentityContact Identity = "contact"
	IdentityNone    Identity = "none"
)

// Identities lists all of them, the default first.
func Identities() []Identity { return []Identity{IdentityAccount, IdentityContact, IdentityNone} }

// headers are the header fields that tell the identity, where From shows a number and
// the account's own is another.
func (i Identity) headers(shown, own numbers.E164) []sip.Header {
	asserted := map[Identity]numbers.E164{IdentityAccount: own, "": own, IdentityContact: shown}[i]
	if asserted == "" || shown == own {
		return nil
	}
	return []sip.Header{{Name: "P-Asserted-Identity", Value: "<tel:" + string(asserted) + ">"}}
}
