package call

// IPVersion is the IP version of the audio that a trunk is offered. The empty version is
// IPAsSIP.
type IPVersion string

// The versions. What a far end offers is answered in the version that it offers, unless the
// trunk has one alone.
const (
	IPAsSIP   IPVersion = "auto" // that of the address that the INVITE goes to
	IPv4Alone IPVersion = "ipv4"
	IPv6Alone IPVersion = "ipv6"
)

// IPVersions lists the versions, the default first.
func IPVersions() []IPVersion { return []IPVersion{IPAsSIP, IPv4Alone, IPv6Alone} }
