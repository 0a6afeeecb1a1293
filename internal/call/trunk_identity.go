package call

import (
	"ringflow/numbers"
	"ringflow/sip"
)

// Identity selects the number of P-Asserted-Identity (RFC 3325 §9.1) in an INVITE to an
// agent whose From has the contact's number. Where From has the account's own number, the
// header field is absent.
type Identity string

// The identities. The first is the default: a carrier that checks the header field refuses
// any number but its customer's.
const (
	IdentityAccount Identity = "account"
	IdentityContact Identity = "contact"
	IdentityNone    Identity = "none"
)

// Identities lists all of them, the default first.
func Identities() []Identity { return []Identity{IdentityAccount, IdentityContact, IdentityNone} }

// headers returns the header field, if From shows another number than the account's own.
func (i Identity) headers(shown, own numbers.E164) []sip.Header {
	asserted := map[Identity]numbers.E164{IdentityAccount: own, "": own, IdentityContact: shown}[i]
	if asserted == "" || shown == own {
		return nil
	}
	return []sip.Header{{Name: "P-Asserted-Identity", Value: "<tel:" + string(asserted) + ">"}}
}
