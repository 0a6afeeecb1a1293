package call

import (
	"errors"
	"testing"

	"ringflow/sip"
)

func TestUnreached(t *testing.T) {
	for _, c := range []struct {
		o    sip.Outcome
		want string
	}{
		{sip.Outcome{By: sip.EndedNoReply}, "trunk x at h:5070 sent no reply at all"},
		{sip.Outcome{By: sip.EndedTransport, Err: errors.New("nobody listens")}, "trunk x at h:5070 cannot be reached: nobody listens"},
		{sip.Outcome{By: sip.EndedRefusedLogin, Code: 401}, "trunk x at h:5070 refused the login: check the trunk's username and password"},
		{sip.Outcome{By: sip.EndedRefusedLogin, Code: 407, Err: errors.New(`asks for a login (realm "r"), and the trunk has no username`)},
			`trunk x at h:5070 asks for a login (realm "r"), and the trunk has no username`},
	} {
		c.o.Trunk, c.o.Target = "x", "h:5070"
		if got := unreached(c.o); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
