package sdp

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of Parse, far above real descriptions.
const (
	maxBytes      = 64 << 10
	maxLines      = 1000
	maxMedia      = 32
	maxFormats    = 64
	maxToken      = 64  // bytes of anything that an answer repeats
	maxParameters = 512 // bytes of an fmtp attribute
)

// Parse reads what offer and answer need of a session description: its m= lines, whose order
// ties an answer to its offer (RFC 3264 §6). It accepts LF alone, a missing last line end, lines in
// any order behind their m= line, and ignores unknown and malformed lines. It returns an
// error without an m= line, for one that is malformed, or beyond a bound.
func Parse(data []byte) ([]Media, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("parse session description: %d bytes, want at most %d", len(data), maxBytes)
	}
	list := make([]Media, 1, 4) // the first is the session, whose attributes are defaults of all m= lines
	lines := 0
	for line := range strings.Lines(string(data)) {
		if lines++; lines > maxLines {
			return nil, fmt.Errorf("parse session description: more than %d lines", maxLines)
		}
		current := &list[len(list)-1]
		switch kind, value := splitLine(line); kind {
		case "c":
			current.readConnection(value)
		case "m":
			m, err := parseMedia(value)
			if len(list) > maxMedia {
				err = fmt.Errorf("more than %d m= lines", maxMedia)
			}
			if err != nil {
				return nil, fmt.Errorf("parse session description: line %d: %w", lines, err)
			}
			list = append(list, m)
		case "a":
			current.readAttribute(value)
		}
	}
	if len(list) == 1 {
		return nil, errors.New("parse session description: no m= line")
	}
	for i := range list[1:] {
		list[1+i].complete(list[0])
	}
	return list[1:], nil
}

// splitLine splits a line into its type, in lower case, and its value; the type of one that
// has none is empty.
func splitLine(line string) (kind, value string) {
	kind, value, ok := strings.Cut(strings.TrimSpace(line), "=")
	if !ok {
		return "", ""
	}
	return strings.ToLower(kind), strings.TrimSpace(value)
}

// Host is a name in place of an address in a c= line, with its address type.
type Host struct {
	Name string
	IPv6 bool
}

// Hosts are those of the audio streams of a description, each once.
func Hosts(data []byte) (hosts []Host) {
	if !namesHost(data) {
		return nil
	}
	list, _ := Parse(data)
	for _, m := range list {
		if host := (Host{m.Host, m.ipv6}); m.isAudio() && m.Port != 0 && !m.Addr.IsValid() && hostName.MatchString(m.Host) && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// namesHost says whether a c= line has no address.
func namesHost(data []byte) bool {
	for line := range strings.Lines(string(data)) {
		if kind, value := splitLine(line); kind == "c" {
			var m Media
			if m.readConnection(value); !m.Addr.IsValid() {
				return true
			}
		}
	}
	return false
}

// readConnection reads "IN IP4 192.0.2.1/127". The address type says of which IP version a
// name's address is wanted; an address is what it is.
func (m *Media) readConnection(value string) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return
	}
	m.Host, _, _ = strings.Cut(f[2], "/")
	m.ipv6 = strings.EqualFold(f[1], "IP6")
	m.Addr, _ = netip.ParseAddr(m.Host)
	m.Addr = m.Addr.Unmap().WithZone("")
}

// parseMedia reads "audio 49170/1 RTP/AVP 0 8 101".
func parseMedia(value string) (m Media, err error) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return m, fmt.Errorf("m= line %.40q: want media, port, protocol and formats", value)
	}
	text, _, _ := strings.Cut(f[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return m, fmt.Errorf("m= line: port %.40q: want 0–65535", text)
	}
	formats := f[3:]
	if len(formats) > maxFormats {
		return m, fmt.Errorf("m= line: %d formats, want at most %d", len(formats), maxFormats)
	}
	for _, token := range f {
		if len(token) > maxToken {
			return m, fmt.Errorf("m= line: %.40q… is longer than %d bytes", token, maxToken)
		}
	}
	return Media{Kind: f[0], Port: uint16(port), Protocol: f[2], Formats: formats}, nil
}

func (m *Media) readAttribute(value string) {
	name, arg, _ := strings.Cut(value, ":")
	name, arg = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(arg)
	switch name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		m.Direction = Direction(name)
	case "ptime":
		m.PTime = milliseconds(arg)
	case "maxptime":
		m.MaxPTime = milliseconds(arg)
	case "crypto":
		m.readCrypto(arg)
	case "rtpmap":
		if c, ok := parseRTPMap(arg); ok && len(m.maps) < maxFormats {
			m.maps = append(m.maps, c)
		}
	case "fmtp":
		format, parameters, _ := strings.Cut(arg, " ")
		if _, known := m.parameters[format]; !known && len(m.parameters) < maxFormats && len(parameters) <= maxParameters {
			if m.parameters == nil {
				m.parameters = map[string]string{}
			}
			m.parameters[format] = strings.TrimSpace(parameters)
		}
	}
}

// parseRTPMap reads "101 telephone-event/8000/1". The default clock is 8000 Hz.
func parseRTPMap(arg string) (Codec, bool) {
	f := strings.Fields(arg)
	if len(f) < 2 {
		return Codec{}, false
	}
	pt, err := strconv.ParseUint(f[0], 10, 7)
	name, rest, clocked := strings.Cut(f[1], "/")
	text, channels, _ := strings.Cut(rest, "/")
	if !clocked {
		text = "8000"
	}
	rate, rateErr := strconv.ParseUint(text, 10, 31)
	if err != nil || rateErr != nil {
		return Codec{}, false
	}
	c := Codec{Name: name, PayloadType: uint8(pt), Rate: int(rate)}
	if n, err := strconv.ParseUint(channels, 10, 8); err == nil && n > 1 {
		c.Channels = int(n)
	}
	return c, true
}

// milliseconds reads a packet time, with decimals or without; 0 if it has none.
func milliseconds(arg string) time.Duration {
	v, err := strconv.ParseFloat(arg, 64)
	if err != nil || !(v > 0 && v <= 1000) {
		return 0
	}
	return time.Duration(v * float64(time.Millisecond))
}

// complete applies the session's defaults and names the codecs of the line.
func (m *Media) complete(session Media) {
	if m.Host == "" {
		m.Host, m.Addr, m.ipv6 = session.Host, session.Addr, session.ipv6
	}
	m.Direction = cmp.Or(m.Direction, session.Direction, SendRecv)
	m.PTime, m.MaxPTime = cmp.Or(m.PTime, session.PTime), cmp.Or(m.MaxPTime, session.MaxPTime)
	m.Codecs = codecsOf(m.Formats, m.maps)
	for i := range m.Codecs {
		m.Codecs[i].Parameters = m.parameters[strconv.Itoa(int(m.Codecs[i].PayloadType))]
	}
}

// codecsOf names the formats in their order, each once. A format with several rtpmaps has
// each of its meanings, a static one first: the offer decides which is meant.
func codecsOf(formats []string, maps []Codec) []Codec {
	var out []Codec
	var seen [128]bool
	for _, f := range formats {
		n, err := strconv.ParseUint(f, 10, 7)
		if err != nil || seen[n] {
			continue
		}
		seen[n] = true
		begin := len(out)
		fixed, isStatic := static[uint8(n)]
		for _, c := range maps {
			switch {
			case c.PayloadType != uint8(n) || slices.ContainsFunc(out[begin:], c.same):
			case isStatic && c.same(fixed):
				out = slices.Insert(out, begin, c)
			default:
				out = append(out, c)
			}
		}
		if isStatic && len(out) == begin {
			out = append(out, fixed)
		}
	}
	return out
}
