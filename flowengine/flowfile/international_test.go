package flowfile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// What is to be done about a number is that number in E.164 wherever its country is
// known, and what the account's destinations refuse keeps a flow from being published.
func TestNumbersOfAFlow(t *testing.T) {
	const flow = `name: F
trigger: {component: api_request}
start: call
steps:
  call:
    component: make_outbound_call
    with: {from: "FROM", to: "TO"}
    exits: {answered: end, invalid_number: end, busy: end, no_answer: end}
    on_error: end_flow
  end: {component: end_flow}
`
	beside := func(n string, beside []string) string { // as if 0 were the trunk prefix of +49
		if strings.HasPrefix(n, "0") && fmt.Sprint(beside) == "[+4930901820]" {
			return "+49" + n[1:]
		}
		return ""
	}
	owns := func(n string) bool { return n == "+4930901820" }
	may := func(n string) error {
		if !strings.HasPrefix(n, "+49") {
			return errors.New("nothing allows " + n)
		}
		return nil
	}
	none := func(string, []string) string { return "" }
	same := func(n string, _ []string) string { return n }
	for _, c := range []struct {
		name, from, to string
		env            flowfile.Environment
		want           []string
	}{
		{"both right", "+4930901820", "+493090", flowfile.Environment{International: beside, OwnsNumber: owns, MayCall: may}, nil},
		{"national, of the country beside", "+4930901820", "030 901821", flowfile.Environment{International: beside},
			[]string{`warning: step call: with.to: "030 901821" is not a telephone number in international form; write it as +4930 901821`}},
		{"national, of no country", "+4930901820", "030901821", flowfile.Environment{International: none},
			[]string{`warning: step call: with.to: "030901821" is not a telephone number in international form; write it as + with country code and number, such as +12025550143`}},
		{"national, in an account without a country", "+4930901820", "030901821", flowfile.Environment{International: beside, OwnsNumber: owns, MayCall: may},
			[]string{`error: step call: with.to: "030901821" is not a telephone number in international form; write it as +4930901821`}},
		{"cannot be read", "+4930901820", "030901821", flowfile.Environment{International: none, OwnsNumber: owns, MayCall: may},
			[]string{`error: step call: with.to: nothing allows 030901821`}},
		{"not allowed", "+4930901820", "+12025550143", flowfile.Environment{International: same, OwnsNumber: owns, MayCall: may},
			[]string{`error: step call: with.to: nothing allows +12025550143; choose another number, or see the account's destinations`}},
		{"own number, written as at home", "030901820", "+4930901820", flowfile.Environment{International: beside, OwnsNumber: owns, MayCall: may},
			[]string{`error: step call: with.from: 030901820 is no number of the account; write it as +4930901820`}},
		{"another's number, written as at home", "030901821", "+4930901820", flowfile.Environment{International: beside, OwnsNumber: owns, MayCall: may},
			[]string{`error: step call: with.from: 030901821 is no number of the account; choose one of the account's numbers`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := flowfile.Parse("f", []byte(strings.NewReplacer("FROM", c.from, "TO", c.to).Replace(flow)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range flowfile.Check(f, components.All(), c.env) {
				p.File, p.Line = "", 0
				got = append(got, p.String())
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
