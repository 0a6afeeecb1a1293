package call

import (
	"context"
	"errors"
	"testing"
)

// A contact who answers and hangs up before anybody has looked has answered: the flow
// goes on, and finds nobody on the line.
func TestWhoHangsUpAtOnceHasAnswered(t *testing.T) {
	open, closed := make(chan struct{}), make(chan struct{})
	close(closed)
	gone, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped")
	cancel(stop)
	for range 200 {
		for _, c := range []struct {
			ctx             context.Context
			answered, ended chan struct{}
			want            bool
			err             error
		}{
			{t.Context(), closed, closed, true, nil},
			{t.Context(), closed, open, true, nil},
			{t.Context(), open, closed, false, nil},
			{gone, open, open, false, stop},
		} {
			l := &Leg{answered: c.answered, ended: c.ended}
			if answered, err := l.awaitAnswer(c.ctx); answered != c.want || err != c.err {
				t.Fatalf("answered %v, ended %v: %v, %v", c.answered == closed, c.ended == closed, answered, err)
			}
		}
	}
}
