package sdp

import (
	"errors"
	"fmt"
	"strconv"
)

// Accept reads the answer to the offer that Offer wrote from l, or the early
// answer of an 18x. The codec is the first of the answer's that we offered: the
// far end prefers it, and listing several leaves the choice to us (RFC 3264 §7).
//
// It returns ErrRefused if our stream is switched off, ErrNoCodec if the answer
// takes none of our codecs, ErrAddress if it wants them where we cannot send, all
// wrapped, and an error if the answer cannot be
// parsed or names no address.
func Accept(l Local, answer []byte) (Negotiated, error) {
	d, err := Parse(answer)
	if err != nil {
		return Negotiated{}, fmt.Errorf("accept answer: %w", err)
	}
	ours := l.codecs()
	d.inferEvents(ours)
	_, n, err := d.negotiate(l)
	if errors.Is(err, ErrNoAudio) {
		err = ErrRefused
	}
	if err != nil {
		return Negotiated{}, fmt.Errorf("accept answer: %w", err)
	}
	for _, c := range ours {
		if !c.IsEvent() {
			continue
		}
		n.LocalEventPT, n.LocalEventRate = c.PayloadType, c.Rate
		if n.HasEvents && n.EventPT == c.PayloadType {
			n.LocalEventRate = n.EventRate // the far end has taken our number for its own clock
		}
	}
	return n, nil
}

// inferEvents tolerates answers that repeat the payload type of our telephone
// events without its rtpmap.
func (d *Description) inferEvents(ours []Codec) {
	for _, c := range ours {
		if !c.IsEvent() {
			continue
		}
		for i := range d.Media {
			m := &d.Media[i]
			if m.listsUnmapped(c) {
				m.Codecs = append(m.Codecs, c)
			}
		}
	}
}

// listsUnmapped reports whether the line lists c's payload type, nothing says what it
// stands for, and no other one stands for the same.
func (m Media) listsUnmapped(c Codec) bool {
	for _, known := range m.Codecs {
		if known.PayloadType == c.PayloadType || known.same(c) {
			return false
		}
	}
	for _, f := range m.Formats {
		if f == strconv.Itoa(int(c.PayloadType)) {
			return true
		}
	}
	return false
}
