package media_test

import (
	"encoding/binary"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringflow/media"
	"ringflow/media/sdp"
)

// The benchmarks measure the whole process while it serves a number of calls in
// real time, beside the floor: one thread that does nothing but the system calls,
// on the same sockets, in the same run. Far ends are sockets that nobody reads
// meanwhile, with room for all that comes; the kernel stamps each arrival.
//
//	go test -run '^$' -bench . -benchtime 1x ./media
const (
	benchTime   = 4 * time.Second
	benchFrames = int(benchTime / (20 * time.Millisecond))
	benchMin    = 46000
	benchMax    = 58998
)

func BenchmarkPrompt1000(b *testing.B) { benchPrompt(b, 1000, "") }
func BenchmarkPrompt5000(b *testing.B) { benchPrompt(b, 5000, "") }
func BenchmarkBridge1000(b *testing.B) { benchBridge(b, 1000, "") }

// The same with SRTP, in a bridge on both sides with keys of each leg's own.
func BenchmarkPrompt1000SRTP(b *testing.B) { eachSuite(b, 1000, benchPrompt) }
func BenchmarkBridge1000SRTP(b *testing.B) { eachSuite(b, 1000, benchBridge) }

func eachSuite(b *testing.B, calls int, bench func(*testing.B, int, sdp.Suite)) {
	for _, suite := range []sdp.Suite{sdp.AESCM128HMAC80, sdp.AESGCM128} {
		b.Run(string(suite), func(b *testing.B) { bench(b, calls, suite) })
	}
}

// BenchmarkPortLife is what a leg costs beyond its packets: opened, negotiated,
// spoken to and closed.
func BenchmarkPortLife(b *testing.B) {
	plane := newPlane(b, media.PlaneConfig{PortMin: benchMin, PortMax: benchMax})
	far := farEnds(b, 1)
	defer closeEnds(far)
	prompt := tonePrompt(time.Second)
	clock, opened := startClock(), 0
	for b.Loop() {
		p, err := plane.Open()
		if err != nil {
			<-time.After(time.Millisecond) // all of them rest
			continue
		}
		opened++
		negotiate(p, far[0].agreed(), media.Sources{})
		p.Play(prompt)
		p.Close()
	}
	b.ReportMetric(float64((cpu(unix.RUSAGE_SELF)-clock.used).Microseconds())/float64(opened), "µs-cpu/leg")
}

func benchPrompt(b *testing.B, calls int, suite sdp.Suite) {
	for range b.N {
		plane := newPlane(b, media.PlaneConfig{PortMin: benchMin, PortMax: benchMax})
		far := farEnds(b, calls)
		encryptAll(b, far, suite)
		prompt := tonePrompt(benchTime)
		ports := make([]*media.Port, calls)
		for i := range ports {
			ports[i] = open(b, plane)
		}
		var playbacks []*media.Playback
		clock := startClock()
		for i, p := range ports {
			negotiate(p, far[i].agreed(), media.Sources{})
			playbacks = append(playbacks, p.Play(prompt))
			if i%(calls/20) == 0 {
				<-time.After(time.Millisecond) // calls come one after the other
			}
		}
		for _, p := range playbacks {
			<-p.Done()
		}
		cores := clock.cores()
		var late []time.Duration
		received := 0
		for _, f := range far {
			arrivals := f.arrivals(b, false)
			received += len(arrivals)
			late = append(late, lateness(arrivals[:min(len(arrivals), benchFrames)])...)
		}
		s := plane.Stats()
		b.ReportMetric(s.LateMax.Seconds()*1000, "worst-late-ms")
		b.ReportMetric(float64(s.Inserted), "gaps")
		b.Logf("left late, by %v and more: %v", media.LatenessBounds(), s.Late)
		floor := floorOfSending(b, far)
		report(b, cores, floor)
		b.ReportMetric(quantile(late, 0.5), "p50-late-ms")
		b.ReportMetric(quantile(late, 0.999), "p99.9-late-ms")
		b.ReportMetric(float64(max(0, calls*benchFrames-received)), "lost")
		closeAll(b, plane, far)
	}
}

func benchBridge(b *testing.B, calls int, suite sdp.Suite) {
	for range b.N {
		plane := newPlane(b, media.PlaneConfig{PortMin: benchMin, PortMax: benchMax})
		far := farEnds(b, 2*calls)
		encryptAll(b, far, suite)
		ports := make([]*media.Port, 2*calls)
		for i := range ports {
			ports[i] = open(b, plane)
			negotiate(ports[i], far[i].agreed(), media.Sources{})
			far[i].port = ports[i].LocalAddr()
		}
		for i := 0; i < len(ports); i += 2 {
			media.Join(ports[i], ports[i+1])
		}
		for _, f := range far {
			f.arrivals(b, false) // the signs of life of the beginning
		}
		clock := startClock()
		generator := generate(far)
		cores := clock.cores() - generator
		var delays []time.Duration
		received := 0
		for _, f := range far {
			arrivals := f.arrivals(b, true)
			received += len(arrivals)
			delays = append(delays, arrivals...)
		}
		floor := floorOfRelaying(b, far)
		report(b, cores, floor)
		b.ReportMetric(quantile(delays, 0.5), "p50-delay-ms")
		b.ReportMetric(quantile(delays, 0.99), "p99-delay-ms")
		b.ReportMetric(float64(max(0, len(far)*benchFrames-received)), "lost")
		closeAll(b, plane, far)
	}
}

func report(b *testing.B, cores, floor float64) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(cores, "cores")
	b.ReportMetric(floor, "floor-cores")
	b.ReportMetric(cores/floor, "x-floor")
}

func closeAll(b *testing.B, plane *media.Plane, far []*farEnd) {
	for _, f := range far {
		_ = unix.Close(f.fd)
	}
	if err := plane.Close(); err != nil {
		b.Error(err)
	}
}

func quantile(d []time.Duration, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return d[int(q*float64(len(d)-1))].Seconds() * 1000
}

// cpuClock measures how many cores the process uses.
type cpuClock struct {
	wall time.Time
	used time.Duration
}

func startClock() cpuClock {
	runtime.GC()
	return cpuClock{wall: time.Now(), used: cpu(unix.RUSAGE_SELF)}
}

func (c cpuClock) cores() float64 {
	return (cpu(unix.RUSAGE_SELF) - c.used).Seconds() / time.Since(c.wall).Seconds()
}

func cpu(who int) time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// generate has every far end send a packet each 20 ms, spread evenly, for the
// time of the benchmark, and returns the cores that this took.
func generate(far []*farEnd) (cores float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used, began := cpu(unix.RUSAGE_THREAD), time.Now()
	frame := make([]byte, 172)
	frame[0] = 0x80
	copy(frame[20:], stamped)
	to := make([]unix.RawSockaddrInet4, len(far))
	for i, f := range far {
		to[i] = rawAddr(f.port)
	}
	for n := range benchFrames {
		binary.BigEndian.PutUint16(frame[2:], uint16(n))
		binary.BigEndian.PutUint32(frame[4:], uint32(160*n))
		for i, f := range far {
			if i%(len(far)/20) == 0 {
				due := began.Add(time.Duration(n*20+i/(len(far)/20)) * time.Millisecond)
				if pause := time.Until(due); pause > 0 {
					ts := unix.NsecToTimespec(int64(pause))
					_ = unix.Nanosleep(&ts, nil)
				}
			}
			binary.BigEndian.PutUint32(frame[8:], uint32(i))
			binary.LittleEndian.PutUint64(frame[12:], uint64(time.Now().UnixNano()))
			rawSend(f.fd, f.sealed(frame), &to[i])
		}
	}
	took := time.Since(began)
	<-time.After(20 * time.Millisecond)
	return (cpu(unix.RUSAGE_THREAD) - used).Seconds() / took.Seconds()
}

// floorOfSending is what as many packets cost one thread that does nothing else:
// a socket a call, a system call a packet.
func floorOfSending(b *testing.B, far []*farEnd) (cores float64) {
	ours := farEnds(b, len(far))
	defer closeEnds(ours)
	to := make([]unix.RawSockaddrInet4, len(far))
	for i, f := range far {
		to[i] = rawAddr(f.addr)
	}
	frame := make([]byte, 172)
	return onOneThread(func() {
		for range benchFrames {
			for i, o := range ours {
				rawSend(o.fd, frame, &to[i])
			}
		}
	})
}

// floorOfRelaying is what receiving and sending as many packets costs one thread
// that does nothing else.
func floorOfRelaying(b *testing.B, far []*farEnd) (cores float64) {
	ours := farEnds(b, len(far))
	defer closeEnds(ours)
	in, out := make([]unix.RawSockaddrInet4, len(far)), make([]unix.RawSockaddrInet4, len(far))
	for i := range far {
		in[i], out[i] = rawAddr(ours[i].addr), rawAddr(far[i].addr)
	}
	frame := make([]byte, 172)
	var from unix.RawSockaddrInet4
	for range benchFrames {
		onOneThread(func() {
			for i, f := range far {
				rawSend(f.fd, frame, &in[i])
			}
		})
		cores += onOneThread(func() {
			for i, o := range ours {
				size := uint32(unix.SizeofSockaddrInet4)
				_, _, _ = unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(o.fd), uintptr(unsafe.Pointer(&frame[0])), uintptr(len(frame)),
					unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)))
				rawSend(ours[i^1].fd, frame, &out[i^1])
			}
		})
	}
	return cores
}

// onOneThread is the cores that the work would use if it had the time of the
// benchmark to do it in.
func onOneThread(work func()) (cores float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := cpu(unix.RUSAGE_THREAD)
	work()
	return (cpu(unix.RUSAGE_THREAD) - used).Seconds() / benchTime.Seconds()
}

// BenchmarkForgedSRTP sends a million forged packets to a port as fast as they go, in
// sequence from one address, while it plays a prompt: what they cost beyond their sending,
// and what becomes of the call.
func BenchmarkForgedSRTP(b *testing.B) {
	const packets = 1_000_000
	for _, suite := range []sdp.Suite{sdp.AESCM128HMAC80, sdp.AESGCM128} {
		b.Run(string(suite), func(b *testing.B) {
			for range b.N {
				plane := newPlane(b, media.PlaneConfig{PortMin: benchMin, PortMax: benchMax})
				far := farEnds(b, 2)
				encryptAll(b, far, suite) // the second has keys that the port does not know
				port := open(b, plane)
				negotiate(port, far[0].agreed(), media.Sources{Policy: media.SourceAny})
				far[1].port = port.LocalAddr()
				playback := port.Play(tonePrompt(benchTime).Loop())
				frame := make([]byte, 172)
				frame[0] = 0x80
				sealed := far[1].sealed(frame)
				to := rawAddr(far[1].port)
				clock := startClock()
				generator := onOneThread(func() {
					for n := range packets {
						binary.BigEndian.PutUint16(sealed[2:], uint16(n))
						rawSend(far[1].fd, sealed, &to)
					}
				}) * benchTime.Seconds()
				took := time.Since(clock.wall).Seconds()
				spent := (cpu(unix.RUSAGE_SELF) - clock.used).Seconds() - generator
				s := port.Stats()
				playback.Stop()
				if s.Received != 0 || s.Remote != far[0].addr || s.Unauthenticated == 0 {
					b.Errorf("%+v", s)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(s.Unauthenticated), "read")
				b.ReportMetric(spent/took, "cores")
				b.ReportMetric(spent/float64(s.Unauthenticated)*1e6, "µs-cpu/read")
				b.ReportMetric(float64(s.Inserted), "gaps")
				b.ReportMetric(float64(s.Sent)*0.02/took, "of-real-time")
				closeAll(b, plane, far)
			}
		})
	}
}
