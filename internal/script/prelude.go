package script

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dop251/goja"
	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

//go:embed prelude.js
var preludeJS string

var prelude = sync.OnceValues(func() (*goja.Program, error) {
	return goja.Compile("prelude", preludeJS, true)
})

// answered is what a function of the host says: a value, or why there is none.
type answered struct {
	Value any    `json:"value"`
	Error string `json:"error"`
}

func answerOf(value any, err error) answered {
	if err != nil {
		return answered{Error: err.Error()}
	}
	return answered{Value: value}
}

// install makes right in a runtime what goja does otherwise than ECMA-262 and
// ECMA-402 say.
func install(vm *goja.Runtime) error {
	program, err := prelude()
	if err != nil {
		return err
	}
	made, err := vm.RunProgram(program)
	if err != nil {
		return err
	}
	call, ok := goja.AssertFunction(made)
	if !ok {
		return errors.New("the prelude is no function")
	}
	vm.SetFieldNameMapper(goja.TagFieldNameMapper("json", true))
	host := vm.NewObject()
	for name, f := range map[string]any{
		"number": func(number, tag, options string) answered {
			o, err := optionsOf[numberOptions](options)
			if err != nil {
				return answerOf(nil, err)
			}
			return answerOf(formatNumber(number, tag, o))
		},
		"date": func(ms float64, tag, options, call string) answered {
			o, err := optionsOf[dateOptions](options)
			if err == nil {
				o, err = o.forCall(call)
			}
			if err != nil {
				return answerOf(nil, err)
			}
			return answerOf(formatDate(time.UnixMilli(int64(ms)), tag, o))
		},
		"compare": func(a, b, tag, options string) answered { return answerOf(compare(a, b, tag, options)) },
		"change":  func(s, tag string, up bool) answered { return answerOf(change(s, tag, up)) },
		"expand":  func(pattern string) answered { return answerOf(expandProperties(pattern)) },
		"zone":    time.Local.String(),
	} {
		if err := host.Set(name, f); err != nil {
			return err
		}
	}
	_, err = call(goja.Undefined(), host)
	return err
}

// optionsOf reads the options of a call.
func optionsOf[O any](text string) (options O, err error) {
	err = json.Unmarshal([]byte(text), &options)
	if kind := (*json.UnmarshalTypeError)(nil); errors.As(err, &kind) {
		err = fmt.Errorf("option %s: %s is no value for it", kind.Field, kind.Value)
	}
	return options, err
}

// collatorOptions are those of Intl.Collator (ECMA-402 §10.1.1) that are known here.
type collatorOptions struct {
	Numeric     bool   `json:"numeric"`
	Sensitivity string `json:"sensitivity"`
}

// compare is String.prototype.localeCompare (ECMA-402 §19.1.1).
func compare(a, b, tag, options string) (int, error) {
	o, err := optionsOf[collatorOptions](options)
	if err != nil {
		return 0, err
	}
	language, err := languageOf(tag)
	if err != nil {
		return 0, err
	}
	var how []collate.Option
	if o.Numeric {
		how = append(how, collate.Numeric)
	}
	switch o.Sensitivity {
	case "", "variant":
	case "base":
		how = append(how, collate.IgnoreCase, collate.IgnoreDiacritics)
	case "accent":
		how = append(how, collate.IgnoreCase)
	case "case":
		how = append(how, collate.IgnoreDiacritics)
	default:
		return 0, fmt.Errorf("sensitivity %q is not known here: there are base, accent, case and variant", o.Sensitivity)
	}
	return collate.New(language, how...).CompareString(a, b), nil
}

// change is toLocaleUpperCase and toLocaleLowerCase (ECMA-402 §19.1.2, §19.1.3).
func change(s, tag string, up bool) (string, error) {
	language, err := languageOf(tag)
	if err != nil {
		return "", err
	}
	if up {
		return cases.Upper(language).String(s), nil
	}
	return cases.Lower(language).String(s), nil
}

func languageOf(tag string) (language.Tag, error) {
	if tag == "" {
		return language.English, nil
	}
	out, err := language.Parse(tag)
	if err != nil {
		return out, fmt.Errorf("incorrect locale information provided: %s", tag)
	}
	return out, nil
}
