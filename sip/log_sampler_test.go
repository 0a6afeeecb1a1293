package sip

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSamplerHoldsFloodsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		log := slog.New(newSampler(slog.NewTextHandler(&b, nil))).With("caller", "x")
		for range 1000 {
			log.Error("failed to parse", "error", "x")
			log.Debug("each step")
		}
		log.Warn("something else")
		time.Sleep(11 * time.Second)
		log.Error("failed to parse", "error", "y")
		got := b.String()
		if n := strings.Count(got, "\n"); n != 3 || !strings.Contains(got, "held_back=999") || !strings.Contains(got, "caller=x") {
			t.Errorf("%d lines:\n%s", n, got)
		}
		for i := range 2 * sampleKinds {
			log.Error(strings.Repeat("x", i))
		}
	})
}

// Each reason is logged, however many of another come; within one, one in ten seconds.
func TestSamplerSeparatesReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		log := slog.New(newSampler(slog.NewTextHandler(&b, nil)))
		for i := range 30 {
			log.Info("discarded", "from", i, "reason", "no Via")
			log.Info("discarded", "from", i, "reason", "no CSeq")
			time.Sleep(time.Second)
		}
		for _, reason := range []string{"no Via", "no CSeq"} {
			if n := strings.Count(b.String(), reason); n != 3 {
				t.Errorf("%s is told %d times in 30 s", reason, n)
			}
		}
		if n := strings.Count(b.String(), "held_back=9"); n != 4 {
			t.Errorf("what was held back is told %d times:\n%s", n, b.String())
		}
	})
}
