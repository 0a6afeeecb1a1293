package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Answer answers an offer (RFC 3264 §6) with the first audio stream that has a codec of ours
// and is encrypted as l.SRTP wants it, an encrypted one before a plain one, in the codec that
// the offer prefers, under its payload types, with our address of its IP version; other streams
// are refused with port 0. A held stream is answered recvonly or inactive.
//
// It returns ErrNoAudio, ErrNoCodec, ErrAddress, ErrEncrypted, ErrPlain, ErrCrypto or ErrDTLS,
// wrapped, if no stream can be accepted, and an error if the offer cannot be parsed or has no
// address.
func Answer(offer []byte, l Local) (answer []byte, n Negotiated, err error) {
	media, err := Parse(offer)
	if err != nil {
		return nil, Negotiated{}, fmt.Errorf("answer offer: %w", err)
	}
	accepted, n, err := l.negotiate(media, false)
	if err != nil {
		return nil, Negotiated{}, fmt.Errorf("answer offer: %w", err)
	}
	ours := n.Codec
	ours.Parameters = l.parametersOf(ours)
	codecs := []Codec{ours}
	n.Receive = []Codec{ours}
	if n.HasEvents {
		n.LocalEvents = []Codec{Events(n.EventPT, n.EventRate)}
		codecs = append(codecs, n.LocalEvents...)
	}
	var b strings.Builder
	l.Origin, l.Addr = l.origin(), n.Local
	l.writeSession(&b)
	for i, m := range media {
		if i == accepted {
			l.writeAudio(&b, m.Protocol, codecs, answeredCrypto(m, n.SRTP), n.Direction)
			continue
		}
		format := "0" // a refused line lists one too (RFC 3264 §6)
		if len(m.Formats) > 0 {
			format = m.Formats[0]
		}
		fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.Kind, m.Protocol, format)
	}
	return []byte(b.String()), n, nil
}

// negotiate finds the first stream that both sides support, encrypted ones before plain
// ones, and its index among the m= lines. The far end's order of codecs decides.
func (l Local) negotiate(media []Media, answer bool) (index int, n Negotiated, err error) {
	index, err = -1, ErrNoAudio
	for i, m := range media {
		stream, refused := l.negotiateStream(m, answer)
		switch {
		case refused == nil && stream.SRTP.Encrypted():
			return i, stream, nil
		case refused == nil && index < 0:
			index, n = i, stream
		case refused != nil && !errors.Is(refused, ErrNoAudio):
			err = refused
		}
	}
	if index >= 0 {
		err = nil
	}
	return index, n, err
}

// negotiateStream is the result for one stream.
func (l Local) negotiateStream(m Media, answer bool) (Negotiated, error) {
	switch {
	case m.Port == 0 || !m.isAudio():
		return Negotiated{}, ErrNoAudio
	case m.overDTLS():
		return Negotiated{}, ErrDTLS
	}
	codec, event, ok := commonCodec(m.Codecs, l.codecs())
	if !ok {
		return Negotiated{}, ErrNoCodec
	}
	crypto, err := l.agree(m, answer)
	if err != nil {
		return Negotiated{}, err
	}
	addr, err := l.addressOf(m)
	if err != nil {
		return Negotiated{}, err
	}
	own, ok := l.toward(addr)
	if !ok {
		return Negotiated{}, l.versionError(addr)
	}
	if answer {
		own = l.Addr // as it was offered
	}
	return Negotiated{
		Local:     own,
		Remote:    netip.AddrPortFrom(addr, m.Port),
		Codec:     codec,
		EventPT:   event.PayloadType,
		EventRate: event.Rate,
		HasEvents: event.IsEvent(),
		PTime:     m.packetTime(),
		Direction: m.direction().reversed().and(l.Direction),
		SRTP:      crypto,
	}, nil
}

// commonCodec is the first audio codec of theirs that is also ours, and the telephone
// events beside it.
func commonCodec(theirs, ours []Codec) (codec, event Codec, ok bool) {
	for _, t := range theirs {
		for _, o := range ours {
			if !o.IsEvent() && t.same(o) {
				codec = Codec{Name: o.Name, PayloadType: t.PayloadType, Rate: o.Rate, Channels: o.Channels, Parameters: t.Parameters}
				return codec, eventsFor(codec, theirs, ours), true
			}
		}
	}
	return Codec{}, Codec{}, false
}

// parametersOf are the parameters that our description has for a codec.
func (l Local) parametersOf(c Codec) string {
	for _, o := range l.codecs() {
		if o.same(c) {
			return o.Parameters
		}
	}
	return ""
}

// eventsFor are the telephone events of theirs for the codec, if we have any: on its clock
// (RFC 4733 §2.1), or else on the one that the far end has them on.
func eventsFor(audio Codec, theirs, ours []Codec) (event Codec) {
	if !slices.ContainsFunc(ours, Codec.IsEvent) {
		return Codec{}
	}
	for _, t := range theirs {
		if !t.IsEvent() || t.Rate == 0 || t.PayloadType == audio.PayloadType || isAudioOf(ours, t.PayloadType) {
			continue
		}
		t.Name = TelephoneEvent
		if t.Rate == audio.Rate {
			return t
		}
		if !event.IsEvent() {
			event = t
		}
	}
	return event
}

// Accept reads the answer to Offer's offer, or the early answer of an 18x. The codec is the
// first of the answer's that was offered (RFC 3264 §7).
//
// It returns ErrRefused if our stream is switched off, ErrNoCodec if no codec of ours is in
// the answer, ErrAddress for an address that we cannot send to, ErrEncrypted, ErrPlain,
// ErrCrypto or ErrDTLS if it is not encrypted as offered, all wrapped, and an error if the
// answer cannot be parsed or has no address.
func Accept(l Local, answer []byte) (Negotiated, error) {
	media, err := Parse(answer)
	if err != nil {
		return Negotiated{}, fmt.Errorf("accept answer: %w", err)
	}
	ours := l.codecs()
	for _, c := range ours { // an answer may repeat the payload type of our events without an rtpmap
		for i := range media {
			if m := &media[i]; c.IsEvent() && m.listsUnmapped(c) {
				m.Codecs = append(m.Codecs, c)
			}
		}
	}
	_, n, err := l.negotiate(media, true)
	if errors.Is(err, ErrNoAudio) {
		err = ErrRefused
	}
	if err != nil {
		return Negotiated{}, fmt.Errorf("accept answer: %w", err)
	}
	for _, c := range ours {
		if !c.IsEvent() {
			n.Receive = append(n.Receive, c)
			continue
		}
		if n.HasEvents && n.EventPT == c.PayloadType {
			c.Rate = n.EventRate // the far end has accepted our number for its own clock
		}
		n.LocalEvents = append(n.LocalEvents, c)
	}
	return n, nil
}

// listsUnmapped reports whether the line lists c's payload type without a meaning, and no
// other payload type has c's.
func (m Media) listsUnmapped(c Codec) bool {
	known := slices.ContainsFunc(m.Codecs, func(k Codec) bool { return k.PayloadType == c.PayloadType || k.same(c) })
	return !known && slices.Contains(m.Formats, strconv.Itoa(int(c.PayloadType)))
}
