package acceptance

import (
	"slices"
	"testing"
	"time"

	"ringflow/internal/rig/audio"
	"ringflow/internal/rig/phone"
)

func TestDistributionHasTheUsualQuantiles(t *testing.T) {
	var d []time.Duration
	for i := 1000; i > 0; i-- {
		d = append(d, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := Distribute(d).At(q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
	if Distribute(nil).At(0.5) != 0 || Distribute(d[:1]).At(0.5) != 1000 {
		t.Error("an empty set or a set of one")
	}
}

func TestLatenessIsCountedFromTheEarliestPacket(t *testing.T) {
	const ms = int64(time.Millisecond)
	trace := []phone.Arrival{ // the first packet is itself 3 ms late, and the clock wraps
		{At: 3 * ms, Timestamp: 0xFFFFFFFF - 159}, {At: 20 * ms, Timestamp: 0}, {At: 45 * ms, Timestamp: 160}}
	want := []time.Duration{3 * time.Millisecond, 0, 5 * time.Millisecond}
	if got := lateness(trace); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func repeat(s []int16, n int) []int16 {
	return slices.Repeat(s, n)
}

func TestTonesAreToldFromSilenceAndFromEachOther(t *testing.T) {
	a, b, silence := repeat(audio.Tone(440, 4000), 20), repeat(audio.Tone(480, 4000), 20), make([]int16, 16000)
	both := make([]int16, len(a))
	for i := range a {
		both[i] = a[i] + b[i]
	}
	if p := ringback(both); p < 0.99 {
		t.Errorf("ringback: %v", p)
	}
	if p := ringback(append(repeat(audio.Tone(700, 4000), 20), silence...)); p > 0.01 {
		t.Errorf("another tone as ringback: %v", p)
	}
	if p := worst(append(slices.Clone(a), silence...), 440); p != 0 {
		t.Errorf("half a silence: %v", p)
	}
	if p := worst(nil, 440); p != 0 {
		t.Errorf("nothing: %v", p)
	}
	if d := loud(append(slices.Clone(a), silence...)); d != 2*time.Second {
		t.Errorf("loud for %s", d)
	}
}

func TestAFrameIsTheFilesUpToTheLawsStep(t *testing.T) {
	file := audio.Tone(300, 20000)[:audio.Frame]
	heard := audio.MuLaw.DecodeAll(audio.MuLaw.EncodeAll(file))
	if !sameFrame(heard, file) {
		t.Error("its own companding")
	}
	heard[7] += 3000
	if sameFrame(heard, file) {
		t.Error("one sample off")
	}
}
