package flowtest

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/script"
)

// functions runs functions outside the bubble of synthetic time, so that the
// limit on their time is real: inside, time stands still while one runs. One execution
// runs at a time.
type functions struct {
	calls    chan func()
	returned chan struct{}
}

// newFunctions starts the goroutine that runs functions; stop ends it. Both are
// called outside the bubble.
func newFunctions() (f *functions, stop func()) {
	f = &functions{calls: make(chan func()), returned: make(chan struct{})}
	var running sync.WaitGroup
	running.Go(func() {
		for call := range f.calls {
			call()
			f.returned <- struct{}{}
		}
	})
	return f, func() {
		close(f.calls)
		running.Wait()
	}
}

// Call implements flowengine.Functions.
func (f *functions) Call(_ context.Context, _, source string, args []byte) (result []byte, err error) {
	f.calls <- func() {
		result, err = script.Local{Limit: time.Second}.Call(context.Background(), "", source, args)
	}
	<-f.returned
	return result, err
}
