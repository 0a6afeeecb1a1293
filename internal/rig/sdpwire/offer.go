// Package sdpwire reads the audio of an SDP offer and writes a phone's answer
// (RFC 4566, RFC 3264). One audio stream, G.711 and telephone-event: it knows
// nothing else, and reports what an offer must have and lacks.
package sdpwire

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Offer is the audio stream of a session description.
type Offer struct {
	// Media is where the offerer wants its RTP.
	Media netip.AddrPort
	// Formats are the payload types in the order of preference.
	Formats []uint8
	// Event is the payload type of telephone-event/8000, when HasEvent.
	Event    uint8
	HasEvent bool
	// Direction is sendrecv, sendonly, recvonly or inactive.
	Direction string
	// Faults are rules that the text breaks and that a lenient reader forgives.
	Faults []string
}

// Has tells whether the payload type is offered.
func (o *Offer) Has(format uint8) bool {
	for _, f := range o.Formats {
		if f == format {
			return true
		}
	}
	return false
}

// Parse reads the first audio stream of the description.
func Parse(text []byte) (*Offer, error) {
	o := &Offer{Direction: "sendrecv"}
	r := reader{offer: o, seen: map[byte]int{}}
	body := string(text)
	if !strings.HasSuffix(body, "\r\n") {
		o.Faults = append(o.Faults, "SDP does not end in CRLF")
	}
	for _, line := range strings.Split(strings.TrimSuffix(body, "\r\n"), "\r\n") {
		if len(line) < 2 || line[1] != '=' {
			return nil, fmt.Errorf("parse SDP line %q: want TYPE=VALUE", line)
		}
		if err := r.line(line[0], line[2:]); err != nil {
			return nil, err
		}
	}
	for _, must := range "vost" {
		if r.seen[byte(must)] == 0 {
			o.Faults = append(o.Faults, fmt.Sprintf("SDP has no %c= line", must))
		}
	}
	if !r.audio {
		return nil, errors.New("parse SDP: no m=audio line")
	}
	if !r.address.IsValid() {
		return nil, errors.New("parse SDP: no c= line")
	}
	o.Media = netip.AddrPortFrom(r.address, r.port)
	return o, nil
}

// reader holds what Parse has met so far.
type reader struct {
	offer   *Offer
	seen    map[byte]int
	audio   bool
	other   bool
	port    uint16
	address netip.Addr
}

func (r *reader) line(kind byte, value string) error {
	r.seen[kind]++
	switch kind {
	case 'c':
		return r.connection(value)
	case 'm':
		return r.media(value)
	case 'a':
		r.attribute(value)
	}
	return nil
}

func (r *reader) connection(value string) error {
	fields := strings.Fields(value)
	if len(fields) != 3 || fields[0] != "IN" {
		return fmt.Errorf("parse SDP c=%q: want IN IP4 ADDRESS", value)
	}
	if r.other {
		return nil
	}
	address, err := netip.ParseAddr(fields[2])
	if err != nil {
		return fmt.Errorf("parse SDP c=%q: %w", value, err)
	}
	r.address = address
	return nil
}

func (r *reader) media(value string) error {
	fields := strings.Fields(value)
	r.other = r.audio || len(fields) < 4 || fields[0] != "audio"
	if r.other {
		return nil
	}
	port, err := strconv.ParseUint(fields[1], 10, 16)
	if err != nil {
		return fmt.Errorf("parse SDP m=%q: %w", value, err)
	}
	if fields[2] != "RTP/AVP" {
		r.offer.Faults = append(r.offer.Faults, "SDP offers "+fields[2]+", want RTP/AVP")
	}
	r.audio, r.port = true, uint16(port)
	for _, f := range fields[3:] {
		n, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			return fmt.Errorf("parse SDP m=%q: format %q: %w", value, f, err)
		}
		r.offer.Formats = append(r.offer.Formats, uint8(n))
	}
	return nil
}

func (r *reader) attribute(value string) {
	if r.other {
		return
	}
	switch value {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		r.offer.Direction = value
		return
	}
	rest, ok := strings.CutPrefix(value, "rtpmap:")
	if !ok {
		return
	}
	number, encoding, _ := strings.Cut(rest, " ")
	if n, err := strconv.ParseUint(number, 10, 7); err == nil && strings.EqualFold(encoding, "telephone-event/8000") {
		r.offer.Event, r.offer.HasEvent = uint8(n), true
	}
}
