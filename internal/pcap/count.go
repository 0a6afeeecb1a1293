package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Count reads a capture of this package's to its end and returns how many packets it has. A
// capture that breaks off is an error, and the packets before that are counted.
func Count(r io.Reader) (packets int, err error) {
	header := make([]byte, len(Header()))
	if _, err := io.ReadFull(r, header); err != nil {
		return 0, fmt.Errorf("the header of the capture: %w", err)
	}
	if binary.LittleEndian.Uint32(header) != magic {
		return 0, errors.New("it is no capture")
	}
	record := make([]byte, recordLength)
	for ; ; packets++ {
		switch _, err := io.ReadFull(r, record); {
		case errors.Is(err, io.EOF):
			return packets, nil
		case err != nil:
			return packets, fmt.Errorf("the capture breaks off: %w", err)
		}
		if _, err := io.CopyN(io.Discard, r, int64(binary.LittleEndian.Uint32(record[8:]))); err != nil {
			return packets, fmt.Errorf("the capture breaks off: %w", err)
		}
	}
}
