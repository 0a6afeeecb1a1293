package media

import "time"

// lingerTime is the least time for which the port of a closed call stays bound and
// unread, so that what the far end still sends reaches nobody. A range that is
// not crowded lets ports rest far longer, since the one that has rested longest
// is always taken first.
const lingerTime = 2 * time.Second

// portRange hands out the even port numbers of a range (RFC 3550 §11). It knows
// numbers only; whether one can be bound is found out by its user.
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

// acquire hands out the number that has been unused for longest.
func (r *portRange) acquire() (number uint16, ok bool) {
	if len(r.free) == 0 {
		return 0, false
	}
	number = r.free[0]
	r.free = r.free[1:]
	return number, true
}

// release takes a number back.
func (r *portRange) release(number uint16) { r.free = append(r.free, number) }

// lingeringPorts are closed ports whose sockets stay bound, oldest first.
type lingeringPorts []lingeringPort

type lingeringPort struct {
	number uint16
	fd     int
	until  time.Time
}

// expired takes out those whose time has come.
func (r *lingeringPorts) expired(now time.Time) []lingeringPort {
	n := 0
	for n < len(*r) && !now.Before((*r)[n].until) {
		n++
	}
	done := (*r)[:n]
	*r = (*r)[n:]
	return done
}
