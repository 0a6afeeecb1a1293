package media_test

import (
	"math"
	"testing"

	"ringflow/media"
)

// The values follow from the formula by hand: 1 % loss is 95/26.1 points of R.
func TestMOS(t *testing.T) {
	for _, c := range []struct {
		lost, late uint64
		want       float64
	}{
		{0, 0, 4.41}, {10, 0, 4.33}, {0, 10, 4.33}, {20, 30, 3.93}, {100, 0, 3.41}, {500, 0, 1.61}, {990, 0, 1.18},
	} {
		got, ok := media.Quality{Counted: 1, Expected: 1000, Lost: c.lost, Late: c.late}.MOS()
		if !ok || math.Abs(got-c.want) > 0.01 {
			t.Errorf("%d lost and %d late of 1000: %.3f, want %.2f", c.lost, c.late, got, c.want)
		}
	}
	last := math.Inf(1)
	for lost := range uint64(1001) {
		got, ok := media.Quality{Counted: 1, Expected: 1000, Lost: lost}.MOS()
		if !ok || got > last || got < 1 || got > 4.42 {
			t.Fatalf("%d lost of 1000: %v after %v", lost, got, last)
		}
		last = got
	}
}

// About what has not been heard nothing is said.
func TestNoMOSWithoutAudio(t *testing.T) {
	for _, q := range []media.Quality{{}, {Counted: 49, Expected: 49}, {Counted: 2, Expected: 3, Lost: 1}} {
		if mos, ok := q.MOS(); ok || mos != 0 {
			t.Errorf("%+v has a MOS of %v", q, mos)
		}
	}
	if loss := (media.Quality{}).Loss(); loss != 0 {
		t.Errorf("loss of nothing: %v", loss)
	}
}
