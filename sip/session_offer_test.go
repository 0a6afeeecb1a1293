package sip

import (
	"strconv"
	"testing"
)

func TestOffering(t *testing.T) {
	for _, c := range []struct {
		o                                offerState
		updateAlone, updateOffer, invite int
	}{
		{offerState{}, 0, 0, 0},
		{offerState{localOpen: true}, 0, 491, 491},
		{offerState{localInvite: true}, 0, 0, 491},
		{offerState{localInvite: true, localOpen: true}, 0, 491, 491},
		{offerState{remoteOpen: true}, 0, 500, 500},
		{offerState{remoteOpen: true, remoteUpdate: true}, 500, 500, 500},
		{offerState{localOpen: true, remoteOpen: true}, 0, 500, 491},
		{offerState{localInvite: true, remoteOpen: true, remoteUpdate: true}, 500, 500, 491},
	} {
		for _, got := range []struct {
			request string
			v       reply
			want    int
		}{
			{"UPDATE", c.o.updateRefusal(false), c.updateAlone},
			{"UPDATE with an offer", c.o.updateRefusal(true), c.updateOffer},
			{"INVITE", c.o.inviteRefusal(), c.invite},
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
