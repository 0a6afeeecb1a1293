package numbers_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"ringflow/numbers"
)

// region is what the library knows of a country's numbers, as languages of national
// numbers.
type region struct {
	name, code                               string
	ordinary                                 language // of every region with the code
	own                                      language // of this one
	premium, shared, personal, pager, urgent language
}

func regions(t *testing.T) (all []region) {
	t.Helper()
	metadata, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	short, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	urgent := map[string]string{}
	for _, m := range short.GetMetadata() {
		urgent[m.GetId()] = m.GetEmergency().GetNationalNumberPattern()
	}
	subscribers := func(m *phonenumbers.PhoneMetadata) (patterns []string) {
		for _, d := range []*phonenumbers.PhoneNumberDesc{m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetVoip(), m.GetUan(), m.GetVoicemail()} {
			patterns = append(patterns, d.GetNationalNumberPattern())
		}
		return patterns
	}
	ordinary := map[int32][]string{}
	for _, m := range metadata.GetMetadata() {
		ordinary[m.GetCountryCode()] = append(ordinary[m.GetCountryCode()], subscribers(m)...)
	}
	whole := map[int32]language{}
	for code, patterns := range ordinary {
		whole[code] = languageOf(t, patterns...)
	}
	for _, m := range metadata.GetMetadata() {
		all = append(all, region{
			name: m.GetId(), code: strconv.Itoa(int(m.GetCountryCode())), ordinary: whole[m.GetCountryCode()], own: languageOf(t, subscribers(m)...),
			premium:  languageOf(t, m.GetPremiumRate().GetNationalNumberPattern()),
			shared:   languageOf(t, m.GetSharedCost().GetNationalNumberPattern()),
			personal: languageOf(t, m.GetPersonalNumber().GetNationalNumberPattern()),
			pager:    languageOf(t, m.GetPager().GetNationalNumberPattern()),
			urgent:   languageOf(t, urgent[m.GetId()]),
		})
	}
	return all
}

// deeper says of a prefix of national numbers whether the table of ranges has a longer one.
func deeper(ranges []numbers.Range, code string) func(string) bool {
	longer := map[string]bool{}
	for _, r := range ranges {
		if r.Code == code {
			for i := range r.Prefix {
				longer[r.Prefix[:i]] = true
			}
		}
	}
	return func(prefix string) bool { return longer[prefix] || prefix == "" }
}

// headOrdinary says whether a national number is, or begins with, a whole number of a
// subscriber: then that is who is called.
func (r region) headOrdinary(national string) bool {
	s := r.ordinary.start()
	for i := range len(national) {
		if s = r.ordinary.step(s, national[i]); r.ordinary.accepts(s) {
			return true
		}
	}
	return false
}

// mayBecome says whether a subscriber's number begins with the national number.
func (r region) mayBecome(national string) bool { return len(r.ordinary.walk(national)) > 0 }

func (r region) number(national string) numbers.E164 { return numbers.E164("+" + r.code + national) }

// own says whether the table can tell a region's numbers from its neighbours'.
func own(name string) bool { return (numbers.Plan{Allow: []string{name}}).Check() == nil }

// What the library takes for a subscriber's number is called when its country is
// allowed, and only then.
func TestEverySubscriberIsCalledWhenTheCountryIsAllowed(t *testing.T) {
	// What the library lists among subscribers' numbers, and who is outside the country
	// cannot dial: freephone numbers behind an international prefix of the country's own,
	// and services of China.
	unreachable := regexp.MustCompile(`^\+[0-9]{2,3}00|^\+861010`)
	ranges := numbers.Ranges()
	for _, r := range regions(t) {
		if r.name == "001" {
			continue
		}
		code, _ := strconv.Atoi(r.code)
		main := phonenumbers.GetRegionCodeForCountryCode(code)
		allowed := numbers.Plan{Allow: []string{main}}
		if own(r.name) {
			allowed.Allow = append(allowed.Allow, r.name)
		}
		foreign := numbers.Plan{Allow: []string{"US", "FR"}}
		if r.code == "1" || r.code == "33" {
			foreign = numbers.Plan{Allow: []string{"DE"}}
		}
		r.own.texts(deeper(ranges, r.code), func(national string) {
			n := r.number(national)
			if len(n) < 8 || len(n) > 16 || unreachable.MatchString(string(n)) || r.name == "CA" && len(national) == 7 {
				return // no E.164, or what only who is in the country can dial
			}
			if err := allowed.Permits(n); err != nil {
				t.Errorf("%s: %v", r.name, err)
			}
			if err := foreign.Permits(n); err == nil {
				t.Errorf("%s: %s is called where only %v may be", r.name, n, foreign.Allow)
			}
		})
	}
}

// What the library takes for a number that costs more is not called because its country
// is allowed, whatever is put behind it or left out.
func TestDearNumbersAreNotCalledWithTheirCountry(t *testing.T) {
	// What the library takes for a pager is a company's number for the whole country in
	// Korea; 96 behind an area code of China is a company's, too.
	company := regexp.MustCompile(`^\+821|^\+86[0-9]+96`)
	ranges := numbers.Ranges()
	for _, r := range regions(t) {
		plan := numbers.Plan{Allow: []string{"+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9"}}
		for kind, dear := range map[string]language{"premium": r.premium, "shared": r.shared, "personal": r.personal, "pager": r.pager} {
			dear.texts(deeper(ranges, r.code), func(national string) {
				for _, n := range variants(national) {
					if company.MatchString(string(r.number(n))) || r.headOrdinary(n) || len(n) < len(national) && r.mayBecome(n) {
						continue
					}
					if err := plan.Permits(r.number(n)); err == nil {
						t.Errorf("%s: %s is called, %s is %s", r.name, r.number(n), national, kind)
					}
				}
			})
		}
	}
}

// What begins with an emergency number is not called, but where it is a whole number of
// a subscriber.
func TestNothingThatBeginsAsAnEmergencyNumber(t *testing.T) {
	for _, r := range regions(t) {
		plan := numbers.Plan{Allow: []string{"+" + r.code}}
		r.urgent.texts(func(string) bool { return true }, func(national string) {
			for _, n := range variants(national + "0123456789") {
				if !strings.HasPrefix(n, national) || r.headOrdinary(n) {
					continue
				}
				if err := plan.Permits(r.number(n)); err == nil {
					t.Errorf("%s: %s is called, %s is the emergency number", r.name, r.number(n), national)
				}
			}
		})
	}
}

// variants are a national number as it is, cut short, and with digits behind it, as far
// as E.164 has room.
func variants(national string) (all []string) {
	long := national + "4829160375"
	for n := 2; n <= min(len(long), 14); n++ {
		all = append(all, long[:n])
	}
	return all
}
