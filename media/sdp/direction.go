package sdp

// Direction says which way sound flows (RFC 3264 §5.1), always from the point
// of view of whoever wrote the description that carries it.
type Direction string

// The four directions of RFC 8866 §6.7. A description that names none means
// SendRecv.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Sends reports whether the direction's owner sends.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly || d == "" }

// Receives reports whether the direction's owner receives.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly || d == "" }

// reversed is the same flow seen from the other side.
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case Inactive:
		return Inactive
	default:
		return SendRecv
	}
}

// and is the flow that both directions allow, both from the same side.
func (d Direction) and(other Direction) Direction {
	sends := d.Sends() && other.Sends()
	receives := d.Receives() && other.Receives()
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	default:
		return Inactive
	}
}
