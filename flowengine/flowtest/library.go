package flowtest

import (
	"errors"
	"fmt"
	"strings"

	"ringflow/flowengine/flowfile"
)

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
