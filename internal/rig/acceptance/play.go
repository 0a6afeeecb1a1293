package acceptance

import (
	"context"
	"os"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/phone"
	"ringflow/internal/rig/platform"
)

// promptMatch is how well one caller received the prompt.
type promptMatch struct {
	whole       bool
	right       int // frames that equal the file's within one step of the companding
	correlation float64
	lag         int
}

// Play has N callers hear the prompt at once.
func (t *Suite) Play(ctx context.Context, callers int) {
	file, err := os.ReadFile(t.Prompt)
	if err == nil {
		var prompt []int16
		if prompt, err = audio.ReadWAV(file); err == nil {
			t.play(ctx, callers, prompt)
			return
		}
	}
	t.Check(false, "the prompt can be read: %v", err)
}

func (t *Suite) play(ctx context.Context, callers int, prompt []int16) {
	floor := t.floorFor(callers)
	server, err := platform.Watch(t.ServerPID)
	if !t.Check(err == nil, "the server's process can be watched (%v)", err) {
		return
	}
	began := time.Now()
	long := time.Duration(len(prompt)) * time.Second / audio.Rate
	b := carrier.Answers(300 * time.Millisecond)
	b.Record, b.InSequence, b.Trace = long+10*time.Second, true, true
	if t.PCMA {
		b.Codec = 8
	}
	var arguments []map[string]string
	for i := range callers {
		b.Tone = 300 + 10*(i%100)
		arguments = append(arguments, map[string]string{"contact_1": t.number(b)})
	}
	triggers := t.startAll(ctx, "play", t.TriggersPerSecond, arguments)
	t.allAccepted(triggers)
	done := t.await(long+30*time.Second, func() bool { return t.carrier.Live() == 0 && t.carrier.Count() >= callers })
	t.Check(done, "every call comes and ends (%d calls, %d live)", t.carrier.Count(), t.carrier.Live())
	time.Sleep(time.Second)
	server.Stop()
	calls := t.carrier.Calls()
	from, to := plateau(calls)
	t.Check(to.Sub(from) > 5*time.Second, "all hear it at the same time for %s", to.Sub(from).Round(time.Millisecond))
	t.receivedPrompt(calls, prompt)
	t.allFinished(ctx, triggers)
	cores := server.Cores(from, to)
	resident := server.At(began).Resident
	t.Figure("server on the plateau", "%.3f cores over %s", cores, to.Sub(from).Round(time.Second))
	t.Beside(server, from, to)
	t.Figure("server memory", "%.1f MB at rest, %.1f MB on the plateau, %.1f kB a call", float64(resident)/1e6,
		float64(server.Resident(from, to))/1e6, float64(server.Resident(from, to)-resident)/1e3/float64(callers))
	t.Figure("server descriptors, threads", "%d, %d on the plateau; %d, %d after", server.At(to).Files, server.At(to).Threads,
		server.At(time.Now()).Files, server.At(time.Now()).Threads)
	t.ratio(cores, floor, t.floorFor(callers))
	t.reportRig()
	t.awaitIdle(time.Second)
}

// plateau is the stretch in which every call hears the prompt.
func plateau(calls []carrier.Record) (from, to time.Time) {
	to = time.Now()
	for _, r := range calls {
		if r.AckedAt.After(from) {
			from = r.AckedAt
		}
		if !r.ByeAt.IsZero() && r.ByeAt.Before(to) {
			to = r.ByeAt
		}
	}
	return from.Add(500 * time.Millisecond), to.Add(-300 * time.Millisecond)
}

// receivedPrompt checks every phone.
func (t *Suite) receivedPrompt(calls []carrier.Record, prompt []int16) {
	var late, first []time.Duration
	lost, faulty, whole, right, packets, pauses := 0, 0, 0, 0, 0, 0
	least, example := 1.0, map[string]int{}
	frames := len(prompt) / audio.Frame
	for _, r := range calls {
		if r.Phone == nil {
			continue
		}
		h := r.Phone.Recording()
		lost += h.Lost()
		packets += h.Packets
		pauses += h.Pauses
		if len(h.Faults)+h.Duplicates+h.Reordered > 0 || h.Sources > 1 {
			faulty++
			example = h.Faults
		}
		match := matchPrompt(h, prompt)
		if !match.whole {
			t.writeRecording("play-not-whole", h.PCM())
		}
		if match.whole {
			whole++
		}
		right += match.right
		least = min(least, match.correlation)
		late = append(late, lateness(h.Trace[:min(frames, len(h.Trace))])...)
		first = append(first, time.Unix(0, h.First).Sub(r.AckedAt))
	}
	t.Check(whole == len(calls), "%d of %d hear the whole prompt; least correlation %.4f", whole, len(calls), least)
	t.Check(right == len(calls)*frames, "%d of %d frames are those of the file", right, len(calls)*frames)
	t.Check(lost == 0, "%d packets lost of %d", lost, packets+lost)
	t.Check(faulty == 0, "%d streams with faults, duplicates or disorder (%v)", faulty, example)
	t.Figure("pauses in the sender's clock", "%d", pauses)
	t.Figure("packets late after the 20 ms grid", "%s", Distribute(late))
	t.Figure("ACK to first audio packet", "%s", Distribute(first))
}

// matchPrompt looks for the prompt in what a phone recorded.
func matchPrompt(h *phone.Recording, prompt []int16) promptMatch {
	pcm := h.PCM()
	lag, correlation := audio.Align(pcm, prompt, 10*audio.Frame)
	r := promptMatch{lag: lag, correlation: correlation}
	if lag+len(prompt) > len(pcm) {
		return r
	}
	r.whole = r.correlation > 0.97 && h.Lost() == 0
	for i := 0; i+audio.Frame <= len(prompt); i += audio.Frame {
		if sameFrame(pcm[lag+i:lag+i+audio.Frame], prompt[i:i+audio.Frame]) {
			r.right++
		}
	}
	return r
}

// sameFrame tells whether every sample is that of the file within one step of
// the companding law, whose steps are a sixteenth of the sample and at least 16.
func sameFrame(received, file []int16) bool {
	for i, s := range file {
		x, y := int(s), int(received[i])
		if d := max(x-y, y-x); d > 16+max(x, -x)/16 {
			return false
		}
	}
	return true
}

// floorFor measures the kernel's price unless it is not wanted.
func (t *Suite) floorFor(streams int) float64 {
	if t.SkipFloors {
		return 0
	}
	t.floor(streams, false)
	return t.floor(streams, true)
}

func (t *Suite) ratio(cores, before, after float64) {
	if before+after == 0 {
		return
	}
	floor := (before + after) / 2
	t.Figure("floor, one sendto a packet", "%.3f cores before, %.3f after", before, after)
	t.Figure("server over floor", "%.2f", cores/floor)
}
