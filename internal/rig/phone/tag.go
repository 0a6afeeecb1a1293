package phone

// A tag is 48 bits hidden in the lowest bits of a packet's first 48 samples:
// the sending phone, its number, and a checksum. It is inaudible (one step of the
// companding), passes any relay that keeps the companding or converts to linear and back, and
// tells a listener for every single packet whose voice it is and how long it
// travelled.
const markBits = 48

// putTag writes the tag of the phone's count-th packet.
func putTag(payload []byte, id, count uint16) {
	word := uint64(id)<<32 | uint64(count)<<16 | uint64(tagChecksum(id, count))
	for i := range markBits {
		payload[i] = payload[i]&^1 | byte(word>>i)&1
	}
}

// readTag returns the phone that sent the payload and its number; false without a tag.
func readTag(payload []byte) (id, count uint16, ok bool) {
	if len(payload) < markBits {
		return 0, 0, false
	}
	var word uint64
	for i := range markBits {
		word |= uint64(payload[i]&1) << i
	}
	id, count = uint16(word>>32), uint16(word>>16)
	return id, count, uint16(word) == tagChecksum(id, count)
}

func tagChecksum(id, count uint16) uint16 {
	x := uint32(id)<<16 | uint32(count)
	x = (x ^ x>>15 ^ 0x5bd1e995) * 0x2c1b3c6d
	return uint16(x >> 16)
}
