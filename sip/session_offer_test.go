package sip

import (
	"strconv"
	"testing"
)

func TestOffering(t *testing.T) {
	for _, c := range []struct {
		o                                offering
		updateAlone, updateOffer, invite int
	}{
		{offering{}, 0, 0, 0},
		{offering{ours: true}, 0, 491, 491},
		{offering{invite: true}, 0, 0, 491},
		{offering{invite: true, ours: true}, 0, 491, 491},
		{offering{theirs: true}, 0, 500, 500},
		{offering{theirs: true, update: true}, 500, 500, 500},
		{offering{ours: true, theirs: true}, 0, 500, 491},
		{offering{invite: true, theirs: true, update: true}, 500, 500, 491},
	} {
		for _, got := range []struct {
			request string
			v       verdict
			want    int
		}{
			{"UPDATE", c.o.takesUpdate(false), c.updateAlone},
			{"UPDATE with an offer", c.o.takesUpdate(true), c.updateOffer},
			{"INVITE", c.o.takesInvite(), c.invite},
		} {
			if got.v.code != got.want {
				t.Errorf("%s while %+v: %d, want %d", got.request, c.o, got.v.code, got.want)
			}
			if got.want != 500 {
				continue
			}
			if h := got.v.headers; len(h) != 1 || h[0].Name != "Retry-After" {
				t.Errorf("%s while %+v: header fields %v, want Retry-After", got.request, c.o, h)
			} else if n, err := strconv.Atoi(h[0].Value); err != nil || n < 0 || n > 10 {
				t.Errorf("Retry-After: %s, want 0 to 10 (RFC 3311 §5.2)", h[0].Value)
			}
		}
	}
}
