package sip

import (
	"fmt"
	"slices"
	"testing"
)

// Shares order by priority, then by weight as it is drawn, then as they stand.
func TestShareOrder(t *testing.T) {
	for _, c := range []struct {
		shares []Share
		draws  []int // what is drawn, one after the other
		want   []int
	}{
		{nil, nil, []int{}},
		{[]Share{{}, {}, {}}, nil, []int{0, 1, 2}},
		{[]Share{{2, 0}, {1, 0}, {2, 0}, {0, 0}}, nil, []int{3, 1, 0, 2}},
		{[]Share{{0, 70}, {0, 30}}, []int{0, 0}, []int{0, 1}},
		{[]Share{{0, 70}, {0, 30}}, []int{69, 29}, []int{0, 1}},
		{[]Share{{0, 70}, {0, 30}}, []int{70, 69}, []int{1, 0}},
		{[]Share{{0, 0}, {0, 30}, {0, 0}, {0, 10}}, []int{30, 0}, []int{3, 1, 0, 2}},
		{[]Share{{1, 5}, {0, 1}, {1, 5}, {0, 1}}, []int{1, 0, 5, 0}, []int{3, 1, 2, 0}},
	} {
		draws := c.draws
		got := shareOrder(c.shares, func(n int) int {
			drawn := draws[0]
			if draws = draws[1:]; drawn >= n {
				t.Fatalf("%v: %d of %d is drawn", c.shares, drawn, n)
			}
			return drawn
		})
		if !slices.Equal(got, c.want) || len(draws) != 0 {
			t.Errorf("%v with %v is %v, %v left; want %v", c.shares, c.draws, got, draws, c.want)
		}
	}
}

// Over every possible draw each is first as often as its weight says.
func TestSharesAreProportional(t *testing.T) {
	shares, first := []Share{{0, 5}, {0, 3}, {0, 2}, {0, 0}}, map[int]int{}
	for n := range 10 {
		calls := 0
		first[shareOrder(shares, func(total int) int {
			if calls++; calls == 1 {
				return n % total
			}
			return 0
		})[0]]++
	}
	if fmt.Sprint(first) != "map[0:5 1:3 2:2]" {
		t.Errorf("the first are %v", first)
	}
}
