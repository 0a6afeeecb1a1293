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
		log := slog.New(newSampler(slog.NewTextHandler(&b, nil))).With("caller", "sipgo")
		for range 1000 {
			log.Error("failed to parse", "data", "a whole datagram", "error", "x")
			log.Info("each step")
		}
		log.Warn("something else")
		time.Sleep(11 * time.Second)
		log.Error("failed to parse", "error", "y")
		got := b.String()
		if n := strings.Count(got, "\n"); n != 3 || strings.Contains(got, "datagram") || !strings.Contains(got, "held_back=999") ||
			!strings.Contains(got, "caller=sipgo") {
			t.Errorf("%d lines:\n%s", n, got)
		}
		for i := range 2 * sampleKinds {
			log.Error(strings.Repeat("x", i))
		}
	})
}
