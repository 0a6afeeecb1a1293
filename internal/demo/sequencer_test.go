package demo

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestStageShowsInTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSequencer()
		var shown []string
		start := time.Now()
		tell := func(ms int, what string) {
			s.add(start.Add(time.Duration(ms)*time.Millisecond), func() { shown = append(shown, what) })
		}
		tell(5, "second")
		tell(1, "first")
		tell(5, "third, of the same moment")
		time.Sleep(sequencerDelay + 2*sequencerTick) // of the bubble's clock
		synctest.Wait()
		if want := []string{"first", "second", "third, of the same moment"}; !slices.Equal(shown, want) {
			t.Errorf("after the delay it has shown %q, want %q", shown, want)
		}
		tell(200, "fifth")
		tell(190, "fourth")
		s.close()
		tell(300, "too late")
		if want := []string{"fourth", "fifth"}; !slices.Equal(shown[3:], want) {
			t.Errorf("closing shows %q, want %q", shown[3:], want)
		}
	})
}
