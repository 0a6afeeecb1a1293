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
			var o numberOptions
			if err := json.Unmarshal([]byte(options), &o); err != nil {
				return answerOf(nil, optionError(err))
			}
			return answerOf(formatNumber(number, tag, o))
		},
		"date": func(ms float64, tag, options, part string) answered {
			var o dateOptions
			if err := json.Unmarshal([]byte(options), &o); err != nil {
				return answerOf(nil, optionError(err))
			}
			switch part {
			case "any":
				if !o.any() {
					o = o.withDefaults(true, true)
				}
			case "date":
				if o.TimeStyle != "" {
					return answerOf(nil, errors.New("timeStyle makes no date"))
				}
				o = o.withDefaults(true, false)
			case "time":
				if o.DateStyle != "" {
					return answerOf(nil, errors.New("dateStyle makes no time"))
				}
				o = o.withDefaults(false, true)
			case "format":
				if !o.any() {
					o = o.withDefaults(true, false)
				}
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

func optionError(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("option %s: %s is no value for it", kind.Field, kind.Value)
	}
	return err
}

// compare is String.prototype.localeCompare (ECMA-402 §19.1.1).
func compare(a, b, tag, options string) (int, error) {
	var o struct {
		Numeric     bool   `json:"numeric"`
		Sensitivity string `json:"sensitivity"`
	}
	if err := json.Unmarshal([]byte(options), &o); err != nil {
		return 0, optionError(err)
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
