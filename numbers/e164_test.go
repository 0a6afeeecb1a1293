package numbers_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"ringflow/numbers"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, raw, region string
		want              numbers.E164 // empty: refused
		reason            string       // what the refusal must say
	}{
		{"as it is", "+12025550143", "", "+12025550143", ""},
		{"reserved for examples", "+12025550100", "US", "+12025550100", ""},
		{"fictional area code", "+15550001234", "US", "+15550001234", ""},
		{"separators", " +1 (202) 555-01.43 ", "", "+12025550143", ""},
		{"tabs and newlines around", "\t+12025550143\r\n", "", "+12025550143", ""},
		{"international prefix", "0012025550143", "", "+12025550143", ""},
		{"international prefix, spaced", "00 49 30 901820", "", "+4930901820", ""},
		{"shortest", "+1234567", "", "+1234567", ""},
		{"longest", "+123456789012345", "", "+123456789012345", ""},
		{"national, United States", "(202) 555-0143", "US", "+12025550143", ""},
		{"national, region in lower case", "2025550143", "us", "+12025550143", ""},
		{"national with trunk prefix", "030 901820", "DE", "+4930901820", ""},
		{"national with zero kept", "06 6982", "IT", "+39066982", ""},
		{"trunk prefix behind the country code", "+44 (0)20 7946 0000", "", "+442079460000", ""},
		{"trunk prefix without brackets", "+490900123456", "", "+49900123456", ""},
		{"trunk prefix behind 00", "0044 (0) 20 7946 0000", "DE", "+442079460000", ""},
		{"zero that belongs to the number", "+39 06 6982", "", "+39066982", ""},
		{"longer international prefix", "0011 44 20 7946 0000", "AU", "+442079460000", ""},
		{"international prefix of three digits", "001 1 202 555 0143", "SG", "+12025550143", ""},
		{"00 where it is not the prefix", "0044 20 7946 0000", "US", "+442079460000", ""},

		{"too short", "+123456", "", "", "7 to 15 digits"},
		{"too long", "+1234567890123456", "", "", "7 to 15 digits"},
		{"country code 0", "+02025550143", "", "", "does not begin with 0"},
		{"three zeros", "00012025550143", "", "", "does not begin with 0"},
		{"two trunk prefixes", "+49 0 0 44 20 7946 0000", "", "", "0 behind the country code"},
		{"trunk prefix in a country without", "+34 0 912345678", "", "", "leave it out"},
		{"another trunk prefix", "+36 06 1 234 5678", "", "", "0 behind the country code"},
		{"extension", "+12025550143x12", "US", "", `contains 'x'`},
		{"extension in words", "+12025550143;ext=12", "US", "", `contains ';'`},
		{"full-width digits", "+１２０２５５５０１４３", "US", "", "contains"},
		{"full-width plus", "＋12025550143", "US", "", "contains"},
		{"no-break space", "+1\u00a02025550143", "US", "", "contains"},
		{"tel URI", "tel:+12025550143", "US", "", `contains 't'`},
		{"pause and more digits", "+12025550143,,19005550100", "US", "", `contains ','`},
		{"star code", "*67 2025550143", "US", "", `contains '*'`},
		{"nothing", "", "US", "", "empty"},
		{"only separators", " -() ", "US", "", "empty"},
		{"plus alone", "+", "US", "", "7 to 15 digits"},
		{"two plus signs", "++12025550143", "US", "", `contains '+'`},
		{"plus inside", "1+2025550143", "US", "", `contains '+'`},
		{"national without a region", "02079460000", "", "", `"02079460000" has no + and no default country is set (accounts[].country), write it as +<country code><number>`},
		{"without the plus", "1 (202) 555-0143", "", "", "write +12025550143 if it begins with its country code, else +<country code><number>"},
		{"of a country code or of none", "2025550143", "", "", "write +2025550143 if it begins with its country code, else"},
		{"unknown region", "2025550143", "ZZ", "", "cannot be read"},
		{"letters", "1-800-FLOWERS", "US", "", `contains 'F'`},
		{"SIP URI", "sip:alice@example.com", "US", "", `contains 's'`},
		{"header injection", "+12025550143\r\nX: y", "US", "", "contains"},
		{"digits of another script", "+١٢٠٢٥٥٥٠١٤٣", "", "", "contains"},
		{"emergency", "911", "US", "", "emergency"},
		{"emergency in Germany", "112", "DE", "", "emergency"},
		{"endless", strings.Repeat("1", 65), "US", "", "at most 64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := numbers.Parse(c.raw, c.region)
			if got != c.want {
				t.Errorf("Parse(%q, %q) = %q, %v, want %q", c.raw, c.region, got, err, c.want)
			}
			if c.want != "" {
				if err != nil {
					t.Errorf("Parse(%q, %q) refuses: %v", c.raw, c.region, err)
				}
				return
			}
			if !errors.Is(err, numbers.ErrInvalid) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("Parse(%q, %q) says %v, want ErrInvalid with %q", c.raw, c.region, err, c.reason)
			}
		})
	}
}

func TestPlanPermits(t *testing.T) {
	plan := numbers.Plan{
		Allow: []string{"+1", "+44", "+49", "+1876555", "+979", "+247"},
		Deny:  []string{"+1876", "+1900555", "+49"},
	}
	for _, c := range []struct {
		name   string
		number numbers.E164
		reason string // empty: permitted
	}{
		{"allowed prefix", "+12025550143", ""},
		{"fictional number", "+15552001234", ""},
		{"another allowed prefix", "+442079460000", ""},
		{"no prefix", "+33123456789", "no allowed prefix"},
		{"denied by a longer prefix", "+18765000000", "prefix +1876"},
		{"allowed by a longer prefix still", "+18765550000", ""},
		{"both lists, same prefix", "+4930901820", "prefix +49"},
		{"premium rate, NANP", "+19002345678", "premium"},
		{"premium rate, United Kingdom", "+449098790000", "premium"},
		{"premium rate, international", "+979123456789", "premium"},
		{"not a number", "", "no allowed prefix"},
		{"not a number either", "+1202555014x", "no allowed prefix"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := plan.Permits(c.number)
			if c.reason == "" {
				if err != nil {
					t.Errorf("Permits(%s) refuses: %v", c.number, err)
				}
				return
			}
			if !errors.Is(err, numbers.ErrForbidden) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("Permits(%s) says %v, want ErrForbidden with %q", c.number, err, c.reason)
			}
		})
	}
	if err := (numbers.Plan{}).Permits("+12025550143"); !errors.Is(err, numbers.ErrForbidden) {
		t.Errorf("an empty plan says %v, want ErrForbidden", err)
	}
}

func TestPlanCheck(t *testing.T) {
	for prefix, good := range map[string]bool{
		"+1": true, "+4930": true, "+123456789012345": true,
		"US": true, "CA": true, "JM": true, "DE": true, "GB": true, "JE": true, "KZ": true, "XK": true,
		"us": false, "USA": false, "UK": false, "ZZ": false, "BL": false, "U": false, "001": false, "1202": false, "+US": false,
		"": false, "+": false, "1": false, "+0": false, "+1x": false, "+1 ": false, "+1234567890123456": false,
	} {
		for name, plan := range map[string]numbers.Plan{
			"allow": {Allow: []string{prefix}}, "deny": {Deny: []string{prefix}},
		} {
			if err := plan.Check(); (err == nil) != good {
				t.Errorf("%s %q: Check says %v, want good=%v", name, prefix, err, good)
			} else if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%s %q: %v does not name the list", name, prefix, err)
			}
		}
	}
}

// FuzzParse holds the promise that what Parse returns is a number by pattern,
// is read as itself again, and never panics a Plan.
func FuzzParse(f *testing.F) {
	for _, raw := range []string{"+12025550143", "0049 30 1234", "(202) 555-0143", "911", "+", "", "٣", "+1\x00"} {
		f.Add(raw, "US")
		f.Add(raw, "")
		f.Add(raw, "IT")
	}
	pattern := regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	plan := numbers.Plan{Allow: []string{"+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9"}}
	f.Fuzz(func(t *testing.T, raw, region string) {
		n, err := numbers.Parse(raw, region)
		if err != nil {
			if n != "" || !errors.Is(err, numbers.ErrInvalid) {
				t.Fatalf("Parse(%q, %q) = %q, %v", raw, region, n, err)
			}
			return
		}
		if !pattern.MatchString(string(n)) {
			t.Fatalf("Parse(%q, %q) = %q, which is no E.164 number", raw, region, n)
		}
		if again, err := numbers.Parse(string(n), ""); again != n || err != nil {
			t.Fatalf("Parse(%q) = %q, %v", n, again, err)
		}
		_ = plan.Permits(n)
	})
}

// A judgement by countries, at home, abroad and of what is refused.
func BenchmarkPermits(b *testing.B) {
	for name, c := range map[string]struct {
		number numbers.E164
		allow  []string
	}{
		"home": {"+12025550143", []string{"US", "CA"}}, "abroad": {"+442079460000", []string{"US", "CA", "DE", "FR", "GB"}},
		"denied": {"+18765550143", []string{"US", "CA"}}, "premium": {"+449098790000", []string{"GB"}},
	} {
		b.Run(name, func(b *testing.B) {
			plan := numbers.Plan{Allow: c.allow}
			for b.Loop() {
				_ = plan.Permits(c.number)
			}
		})
	}
}

func BenchmarkParseAndPermit(b *testing.B) {
	plan := numbers.Plan{Allow: []string{"+1"}}
	for b.Loop() {
		n, err := numbers.Parse("+1 202 555 0143", "US")
		if err != nil || plan.Permits(n) != nil {
			b.Fatal(n, err)
		}
	}
}

// Whoever has a number of his own has one of a form that exists.
func TestPossible(t *testing.T) {
	for n, reason := range map[numbers.E164]string{
		"+12025550100": "", "+15552550100": "", "+18005550100": "", "+442079460000": "", "+390612345678": "", "+493012345": "", "+4915112345678": "", "+6491234567": "",
		"+1202555010": "North American plan", "+120255501001": "North American plan", "+12020550100": "North American plan", "+11025550100": "North American plan",
		"+4402079460000": "0 behind the country code +44", "+49030123456": "0 behind the country code +49", "+9991234567": "no country code", "2025550100": "not +", "": "not +", "+1": "not +",
	} {
		err := numbers.Possible(n)
		if reason == "" && err != nil || reason != "" && (!errors.Is(err, numbers.ErrInvalid) || !strings.Contains(err.Error(), reason)) {
			t.Errorf("%s: %v, want %q", n, err, reason)
		}
	}
}
