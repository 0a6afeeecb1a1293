package media

import "time"

// lingerTime is the least time that the socket of a closed port stays bound and unread, so
// that late packets of its far end reach no other leg. The port that is unused for longest
// is opened first, so that a range with free ports lets them linger longer.
const lingerTime = 2 * time.Second

// portRange are the free even port numbers of a range (RFC 3550 §11).
type portRange struct {
	free []uint16 // longest unused first
}

// newPortRange takes the even numbers from lowest to highest.
func newPortRange(lowest, highest uint16) portRange {
	var r portRange
	for n := int(lowest) + int(lowest)%2; n <= int(highest); n += 2 {
		r.free = append(r.free, uint16(n))
	}
	return r
}

// acquire returns the number that is unused for longest.
func (r *portRange) acquire() (number uint16, ok bool) {
	if len(r.free) == 0 {
		return 0, false
	}
	number = r.free[0]
	r.free = r.free[1:]
	return number, true
}

// release puts a number back.
func (r *portRange) release(number uint16) { r.free = append(r.free, number) }

// lingeringPorts are closed ports whose sockets stay bound, the oldest first.
type lingeringPorts []lingeringPort

type lingeringPort struct {
	number uint16
	fd     int
	until  time.Time
}

// expired removes and returns those whose time is over.
func (r *lingeringPorts) expired(now time.Time) []lingeringPort {
	n := 0
	for n < len(*r) && !now.Before((*r)[n].until) {
		n++
	}
	done := (*r)[:n]
	*r = (*r)[n:]
	return done
}
