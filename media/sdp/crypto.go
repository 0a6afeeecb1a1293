package sdp

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Crypto is a crypto attribute (RFC 4568 §4): a suite, and the key that the description's
// writer sends with.
type Crypto struct {
	Tag   int // 1–999999999; an answer repeats that of the offer
	Suite Suite
	Key   MasterKey
	// MKI stands before the tag of each packet (RFC 3711 §3.1); mostly empty.
	MKI string
}

const (
	maxCrypto = 32 // crypto attributes of an m= line
	maxMKI    = 128
	// minLifetime is the least lifetime of a key, in packets, that is agreed on: a leg of four
	// hours has 720,000 packets of 20 ms.
	minLifetime = 1 << 20
)

// readCrypto reads a crypto attribute.
func (m *Media) readCrypto(arg string) {
	if len(m.Crypto)+len(m.unusable) >= maxCrypto {
		return
	}
	c, err := parseCrypto(arg)
	if err != nil {
		m.unusable = append(m.unusable, err.Error())
		return
	}
	m.Crypto = append(m.Crypto, c)
}

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 KDR=0". The error says why
// the attribute cannot be used, and repeats no key.
func parseCrypto(arg string) (Crypto, error) {
	f := strings.Fields(arg)
	if len(f) < 3 {
		return Crypto{}, fmt.Errorf("want tag, suite and key")
	}
	tag, err := strconv.ParseUint(f[0], 10, 30)
	if err != nil || tag == 0 || len(f[0]) > 9 {
		return Crypto{}, fmt.Errorf("tag %s: want 1–999999999", brief(f[0]))
	}
	c := Crypto{Tag: int(tag), Suite: Suite(strings.ToUpper(f[1]))}
	if _, known := suites[c.Suite]; !known {
		return c, fmt.Errorf("tag %d: suite %s is not supported", c.Tag, brief(f[1]))
	}
	if err := c.parseKey(f[2]); err != nil {
		return c, fmt.Errorf("tag %d, %s: %w", c.Tag, c.Suite, err)
	}
	for _, parameter := range f[3:] {
		if err := checkSessionParameter(parameter); err != nil {
			return c, fmt.Errorf("tag %d, %s: %w", c.Tag, c.Suite, err)
		}
	}
	return c, nil
}

// parseKey reads "inline:KEY|LIFETIME|MKI:LENGTH"; lifetime and MKI may be left out
// (RFC 4568 §6.1).
func (c *Crypto) parseKey(text string) error {
	method, info, _ := strings.Cut(text, ":")
	switch {
	case !strings.EqualFold(method, "inline"):
		return fmt.Errorf("its key method is not inline")
	case strings.Contains(info, ";"):
		return fmt.Errorf("it has several keys, want one")
	}
	parts := strings.Split(info, "|")
	var err error
	if c.Key, err = parseInline(parts[0], c.Suite); err != nil {
		return err
	}
	rest := parts[1:]
	if len(rest) > 0 && !strings.Contains(rest[0], ":") {
		if !longLifetime(rest[0]) {
			return fmt.Errorf("its key serves for %s packets, want 2^20 at least", brief(rest[0]))
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		if c.MKI, err = parseMKI(rest[0]); err != nil {
			return err
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d values follow its MKI", len(rest))
	}
	return nil
}

// longLifetime reports whether a lifetime, "2^20" or "1048576", is minLifetime at least.
func longLifetime(text string) bool {
	if exponent, power := strings.CutPrefix(text, "2^"); power {
		n, err := strconv.ParseUint(exponent, 10, 16)
		return err == nil && 1<<min(n, 62) >= uint64(minLifetime)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n >= minLifetime
}

// parseMKI reads "1:4", the value and its length in bytes, and returns the bytes.
func parseMKI(text string) (string, error) {
	value, size, _ := strings.Cut(text, ":")
	length, err := strconv.ParseUint(size, 10, 8)
	n, ok := new(big.Int).SetString(value, 10)
	if err != nil || length == 0 || length > maxMKI || len(value) > 3*maxMKI || !ok || n.Sign() < 0 || n.BitLen() > 8*int(length) {
		return "", fmt.Errorf("MKI %s: want VALUE:LENGTH, the length from 1 to %d bytes", brief(text), maxMKI)
	}
	return string(n.FillBytes(make([]byte, length))), nil
}

// checkSessionParameter refuses what changes how packets are made (RFC 4568 §6.3): WSH is a
// hint, KDR=0 is the default, and an unknown one may be ignored if its name begins with "-".
func checkSessionParameter(p string) error {
	name, value, _ := strings.Cut(p, "=")
	switch name = strings.ToUpper(name); {
	case name == "WSH", name == "KDR" && value == "0", strings.HasPrefix(name, "-"):
		return nil
	}
	return fmt.Errorf("its session parameter %s is not supported", brief(p))
}

// write writes the attribute. MKI and lifetime are not ours to send.
func (c Crypto) write(b *strings.Builder) {
	fmt.Fprintf(b, "a=crypto:%d %s inline:%s\r\n", c.Tag, c.Suite, c.Key.inline())
}

// brief is a text for an error. A long one may be a key out of place, and is not shown.
func brief(text string) string {
	const most = 32
	if len(text) > most {
		return fmt.Sprintf("of %d characters", len(text))
	}
	return strconv.Quote(text)
}
