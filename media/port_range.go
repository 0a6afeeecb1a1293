package media

import "time"

// lingerTime is the least time that the sockets of a closed port stay bound and unread, so
// that late packets of its far end reach no other leg. The port that is unused for longest
// is opened first, so that a range with free ports lets them linger longer.
const lingerTime = 2 * time.Second

// releaseInterval is the least time between two releases of ports that have lingered.
const releaseInterval = 100 * time.Millisecond

// lingeringPort is a closed port whose sockets stay bound.
type lingeringPort struct {
	number  uint16
	sockets portSockets
	until   time.Time
}

// evenPorts are the port numbers of legs in a range (RFC 3550 §11).
func evenPorts(lowest, highest uint16) (list []uint16) {
	for n := int(lowest) + int(lowest)%2; n <= int(highest); n += 2 {
		list = append(list, uint16(n))
	}
	return list
}
