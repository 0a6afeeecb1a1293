package media

import (
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// sampleMask passes every 64th packet of a filtered port, one each 1.28 s at 20 ms.
const sampleMask = 63

// udpHeader is the offset of the RTP header in a socket filter.
const udpHeader = 8

// filterProgram passes telephone events under any of the payload types and one RTP packet
// of 64, and drops the rest.
func filterProgram(events []uint8) []bpf.Instruction {
	const marker, sequence, payload = udpHeader + 1, udpHeader + 2, 0x7F
	pass := uint8(len(events)) // instructions from the first test of a type to the return that passes
	program := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtLen},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: udpHeader + headerSize, SkipTrue: pass + 7},
		bpf.LoadAbsolute{Off: udpHeader, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xC0},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x80, SkipTrue: pass + 4},
		bpf.LoadAbsolute{Off: marker, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: payload},
	}
	for i, payloadType := range events {
		program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(payloadType), SkipTrue: pass + 2 - uint8(i)})
	}
	return append(program,
		bpf.LoadAbsolute{Off: sequence, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: sampleMask, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
		bpf.RetConstant{Val: 0xFFFF},
	)
}

// attachFilter sets the filter of each socket; if it returns an error, no socket has one.
func (s *portSockets) attachFilter(program []bpf.Instruction) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return fmt.Errorf("assemble socket filter: %w", err)
	}
	filter := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(&raw[0]))}
	for _, fd := range s {
		if fd < 0 {
			continue
		}
		if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter); err != nil {
			s.detachFilter()
			return fmt.Errorf("attach socket filter: %w", err)
		}
	}
	return nil
}

// detachFilter removes the filter of each socket.
func (s *portSockets) detachFilter() {
	for _, fd := range s {
		if fd >= 0 {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		}
	}
}
