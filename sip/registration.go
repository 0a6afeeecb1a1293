package sip

import (
	"net/netip"
	"slices"
	"time"
)

// Registration is how a trunk registers (RFC 3261 §10.2): its address-of-record is the
// trunk's Username at its FromDomain, its credentials are the trunk's.
type Registration struct {
	// Registrars are tried in order, each as in Trunk.Targets; none means the Targets.
	Registrars []string
	// Expires is how long a binding is asked for; 0 is an hour. The registrar grants
	// what it likes.
	Expires time.Duration
	// Contact says which address the binding has; empty: ContactAdvertised.
	Contact ContactAddress
	// Extensions are those that every REGISTER uses.
	Extensions []RegistrationExtension
}

// ContactAddress selects the address of the Contact of a trunk.
type ContactAddress string

// The addresses.
const (
	ContactAdvertised ContactAddress = "advertise" // Config.Advertise
	// ContactReceived is the address that the registrar sees our requests come from, as
	// the received and rport parameters of its responses have it (RFC 3581). Over a
	// stream transport it is taken only where its IP address is not the advertised one:
	// the port of a connection that we opened is no port that we listen on.
	ContactReceived ContactAddress = "received"
)

// ContactAddresses lists all of them.
func ContactAddresses() []ContactAddress { return []ContactAddress{ContactAdvertised, ContactReceived} }

// RegistrationExtension is the option tag of an extension of registration.
type RegistrationExtension string

// The extensions.
const (
	// ExtensionOutbound has the binding name instance and flow (RFC 5626 §4.2): a
	// registrar that supports it delivers requests over the flow, whatever Contact says.
	ExtensionOutbound RegistrationExtension = "outbound"
	// ExtensionGIN registers all numbers of the address-of-record at once (RFC 6140).
	ExtensionGIN RegistrationExtension = "gin"
	// ExtensionMediasec agrees on the security of media (3GPP TS 24.229 §5.1.1, RFC 3329).
	ExtensionMediasec RegistrationExtension = "mediasec"
)

// RegistrationExtensions lists all of them.
func RegistrationExtensions() []RegistrationExtension {
	return []RegistrationExtension{ExtensionOutbound, ExtensionGIN, ExtensionMediasec}
}

func (r *Registration) has(e RegistrationExtension) bool { return slices.Contains(r.Extensions, e) }

// RegistrationPhase is where a registration stands.
type RegistrationPhase string

// The phases. A trunk is registered in PhaseRegistered alone.
const (
	PhaseRegistering   RegistrationPhase = "registering"   // a REGISTER is sent, and there is no binding
	PhaseRegistered    RegistrationPhase = "registered"    // there is a binding that has not expired
	PhaseFailed        RegistrationPhase = "failed"        // there is no binding, and the next attempt is awaited
	PhaseUnregistering RegistrationPhase = "unregistering" // the binding is being removed
)

// RegistrationState is the state of a trunk's registration; the zero value is that of a
// trunk that does not register.
type RegistrationState struct {
	Phase RegistrationPhase
	Since time.Time // when the phase began
	// Registrar and Address are those of the binding, else of the last attempt.
	Registrar string
	Address   netip.AddrPort
	Contact   string // of the binding; empty: there is none
	// Until is when the binding expires, and Next when the next REGISTER is due; zero
	// while there is none.
	Until, Next time.Time
	// Result is the last final response, or why there was none, and Answered when that was.
	Result   string
	Answered time.Time
	// Attempts counts the REGISTERs by the code of their final response, 0 for none.
	Attempts map[int]uint64
}

// Registered says whether there is a binding that has not expired.
func (s RegistrationState) Registered() bool { return s.Phase == PhaseRegistered }
