package flowtest

import (
	"context"
	"time"

	"ringflow/internal/script"
)

// functions runs functions outside the bubble of synthetic time, so that the
// limit on their time is real: inside, time stands still while one runs.
type functions struct {
	asked    chan asked
	answered chan answered
}

type asked struct {
	source string
	args   []byte
}

type answered struct {
	result []byte
	err    error
}

// newFunctions starts the goroutine that runs functions; stop ends it. Both are
// called outside the bubble.
func newFunctions() (f *functions, stop func()) {
	f = &functions{asked: make(chan asked), answered: make(chan answered)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for a := range f.asked {
			result, err := script.Local{Limit: time.Second}.Call(context.Background(), "", a.source, a.args)
			f.answered <- answered{result, err}
		}
	}()
	return f, func() {
		close(f.asked)
		<-done
	}
}

// Call implements flowengine.Functions. One execution runs at a time.
func (f *functions) Call(_ context.Context, _, source string, args []byte) ([]byte, error) {
	f.asked <- asked{source, args}
	a := <-f.answered
	return a.result, a.err
}
