package flowtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine/flowfile"
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

// Library holds the functions of the account, by name.
type Library map[string]flowfile.Function

// add reads plus(a integer) (b integer) return {b: args.a + 1}.
func (l Library) add(s string) error {
	var f flowfile.Function
	name, rest, ok := strings.Cut(s, "(")
	in, rest, closed := strings.Cut(rest, ")")
	out, source, all := strings.Cut(rest, ")")
	out, opened := strings.CutPrefix(strings.TrimSpace(out), "(")
	if !ok || !closed || !all || !opened {
		return errors.New("write function plus(a integer) (b integer) return {b: args.a + 1}")
	}
	f.Source = strings.TrimSpace(source)
	for _, list := range []struct {
		text string
		into *[]flowfile.FunctionValue
	}{{in, &f.Inputs}, {out, &f.Outputs}} {
		for one := range strings.SplitSeq(list.text, ",") {
			switch words := strings.Fields(one); len(words) {
			case 0:
			case 2:
				*list.into = append(*list.into, flowfile.FunctionValue{Name: words[0], Type: words[1]})
			default:
				return fmt.Errorf("%q is no name and type: write a integer", strings.TrimSpace(one))
			}
		}
	}
	l[strings.TrimSpace(name)] = f
	return nil
}
