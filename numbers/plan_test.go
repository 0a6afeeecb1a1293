package numbers_test

import (
	"errors"
	"strings"
	"testing"

	"ringflow/numbers"
)

// judged reads a number as an account of the region does, and asks whether it may call it.
func judged(raw, region string, allow, deny []string) error {
	n, err := numbers.Parse(raw, region)
	if err != nil {
		return err
	}
	return numbers.Plan{Allow: allow, Deny: deny}.Permits(n)
}

// everywhere allows all that prefixes can.
var everywhere = []string{"+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9"}

func TestCountriesAreAllowedAndDenied(t *testing.T) {
	for _, c := range []struct {
		allow, deny string
		number      string
		reason      string // empty: permitted
	}{
		{"US", "", "+12025550143", ""},
		{"US CA", "", "+13065550143", ""},
		{"US", "", "+13065550143", "(CA)"},
		{"US", "", "+18765550143", "(JM)"},
		{"US CA", "", "+18095550143", "(DO)"},
		{"US CA", "", "+17875550143", "(PR)"},
		{"US CA", "", "+16715550143", "(GU)"},
		{"US CA", "", "+14415550143", "(BM)"},
		{"US CA", "", "+15552550143", "area code"}, // nobody's
		{"US +1555", "", "+15552550143", ""},
		{"US", "", "+18005550143", ""},
		{"CA", "", "+18885550143", ""},
		{"JM", "", "+18005550143", "freephone"},
		{"US", "CA JM", "+18005550143", ""},
		{"US", "+1800", "+18005550143", "prefix +1800"},
		{"+1", "JM", "+18765550143", "country JM"},
		{"+1", "JM", "+16585550143", "country JM"},
		{"+1", "JM", "+12025550143", ""},
		{"JM", "+1", "+18765550143", ""},           // the longer
		{"+1876", "JM", "+18765550143", "denied"},  // the same
		{"+18765", "JM", "+18765550143", ""},       // longer
		{"US", "+1202", "+12025550143", "denied"},  // the same
		{"US", "+120255", "+12025550143", "+1202"}, // longer
		{"DE", "+1", "+12025550143", "prefix +1"},  // allowed by nothing, however short what denies it is
		{"", "+1", "+12025550143", "prefix +1"},
		{"JM", "+1", "+12025550143", "prefix +1"},
		{"DE", "US", "+12025550143", "country US"},
		{"DE", "+4", "+442079460000", "prefix +4"},
		{"DE", "", "+4930901820", ""},
		{"DE", "+4930", "+4930901820", "prefix +4930"},
		{"DE", "", "+4312345678", "(AT)"},
		{"GB", "", "+442079460000", ""},
		{"GB", "", "+441481960194", "(GG)"},
		{"GB", "", "+441534960194", "(JE)"},
		{"GB", "", "+447797712345", "(JE)"},
		{"GB", "", "+441624756789", "(IM)"},
		{"GB", "", "+447624456789", "(IM)"},
		{"IM", "", "+447624456789", ""},
		{"RU", "", "+74951234567", ""},
		{"RU", "", "+77272345678", "(KZ)"},
		{"KZ", "", "+77272345678", ""},
		{"IT", "", "+390612345678", ""},
		{"IT", "", "+390669812345", "(VA)"},
		{"FI", "", "+35818123456", "(AX)"},
		{"GP", "", "+590590201234", ""},
		{"NO", "", "+4721123456", ""},
		{"US", "", "+88216123456789", "whose"},
		{"+1 +2", "", "+21012345678", "no country code"},
	} {
		err := judged(c.number, "", strings.Fields(c.allow), strings.Fields(c.deny))
		if c.reason == "whose" {
			c.reason = "no allowed prefix or country"
		}
		switch {
		case c.reason == "" && err != nil:
			t.Errorf("%s with allow %q, deny %q: %v", c.number, c.allow, c.deny, err)
		case c.reason != "" && (!errors.Is(err, numbers.ErrForbidden) || !strings.Contains(err.Error(), c.reason)):
			t.Errorf("%s with allow %q, deny %q: %v, want %q", c.number, c.allow, c.deny, err, c.reason)
		}
	}
}

// A country, or a shorter prefix, opens none of what costs more; a prefix as long as
// the range does, but for premium rate.
func TestDearRangesAreOpenedByName(t *testing.T) {
	for _, c := range []struct{ number, country, wide, name, reason string }{
		{"+447012345678", "GB", "+447", "+4470", "personal"},
		{"+448441234567", "GB", "+448", "+44844", "shared-cost"},
		{"+448701234567", "GB", "+448", "+44870", "shared-cost"},
		{"+447699123456", "GB", "+447", "+4476", "pager"},
		{"+491801234567", "DE", "+4918", "+49180", "shared-cost"},
		{"+4913711234", "DE", "+4913", "+49137", "shared-cost"}, {"+4913701234", "DE", "+4913", "+49137", "shared-cost"},
		{"+4970012345678", "DE", "+4970", "+49700", "personal"},
		{"+33810123456", "FR", "+338", "+33810", "shared-cost"},
		{"+34902123456", "ES", "+3490", "+34902", "shared-cost"},
		{"+34701234567", "ES", "+347", "+3470", "personal"},
		{"+39848123456", "IT", "+3984", "+39848", "shared-cost"},
		{"+39178123456", "IT", "+3917", "+39178", "personal"},
		{"+61131234", "AU", "+611", "+6113", "shared-cost"},
		{"+15002345678", "US", "+150", "+1500", "personal"},
		{"+17002345678", "US", "+170", "+1700", "services"},
		{"+17102345678", "US", "+1", "+1710", "services"},
		{"+870773123456", "", "+87", "+870", "satellite"},
		{"+881612345678", "", "+88", "+881", "satellite"},
		{"+88216123456", "", "+8", "+882", "satellite"},
		{"+883510012345", "", "+8", "+883", "satellite"},
		{"+878101234567890", "", "+87", "+878", "personal"},
		{"+80812345678", "", "+80", "+808", "shared-cost"},
	} {
		closed := []string{c.wide}
		if c.country != "" {
			closed = append(closed, c.country)
		}
		if err := judged(c.number, "", closed, nil); err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s with allow %v: %v, want %q and %s", c.number, closed, err, c.reason, c.name)
		}
		if err := judged(c.number, "", append(closed, c.name), nil); err != nil {
			t.Errorf("%s with allow %v: %v", c.number, append(closed, c.name), err)
		}
		if err := judged(c.number, "", []string{c.name}, []string{c.name}); err == nil {
			t.Errorf("%s is denied and called", c.number)
		}
	}
}

// Whatever is allowed, and however long or short the number is.
func TestWhatIsNeverCalled(t *testing.T) {
	for _, c := range []struct{ raw, region, reason string }{
		// premium rate, whole, cut short, and with more behind it
		{"+449098790000", "", "premium"}, {"+44909879", "", "premium"}, {"+4490987900001234", "", "valid"}, {"+449098790000123", "", "premium"}, {"+449912345678", "", "premium"},
		{"+448719876543", "", "premium"}, {"+498", "", "valid"}, {"+49900123456", "", "premium"}, {"+49900123456789", "", "premium"}, {"+499001", "", "valid"},
		{"+4913771234567", "", "premium"}, {"+33899123456", "", "premium"}, {"+33892123", "", "premium"}, {"+34803123456", "", "premium"}, {"+34905123456", "", "premium"},
		{"+39899123456", "", "premium"}, {"+3989212345678", "", "premium"}, {"+41901123456", "", "premium"}, {"+43930123456", "", "premium"}, {"+31900123456", "", "premium"},
		{"+61190012345", "", "premium"}, {"+6519001234567", "", "premium"}, {"+81990123456", "", "premium"}, {"+3531512345678", "", "premium"}, {"+9619012345678", "", "premium"},
		{"+979123456789", "", "premium"}, {"+9791", "", "valid"}, {"+97912345", "", "premium"},
		// emergency numbers and short codes, in international spelling
		{"+49110", "", "valid"}, {"+4911012", "", "emergency"}, {"+491101234567", "", "emergency"}, {"+49112123456789", "", "emergency"}, {"+49115123", "", "short code"}, {"+49116117", "", "short code"}, {"+4911833", "", "short code"},
		{"+44999", "", "valid"}, {"+449991234", "", "emergency"}, {"+44112345", "", "emergency"}, {"+441121234567", "", "emergency"}, {"+44118118", "", "short code"}, {"+441181181", "", "short code"}, {"+44116123", "", "short code"}, {"+441111111111", "", "short code"},
		{"+33112", "", "valid"}, {"+331123", "", "valid"}, {"+33112345", "", "emergency"}, {"+33151234", "", "emergency"}, {"+33171234", "", "emergency"}, {"+33118218", "", "short code"}, {"+333639123", "", "shorter"},
		{"+34112123456", "", "emergency"}, {"+34091234567", "", "0 behind"}, {"+34091", "", "valid"}, {"+39112345678", "", "emergency"}, {"+39118123456", "", "emergency"}, {"+393912", "", "valid"}, {"+39411234", "", ""},
		{"+61000123456", "", "0 behind"}, {"+61112123456", "", "emergency"}, {"+81110123456", "", "emergency"}, {"+81119123456", "", "emergency"}, {"+8611012345678", "", "emergency"}, {"+9111234567", "", "emergency"},
		{"+551901234567", "", "emergency"}, {"+55911123456", "", "emergency"}, {"+52911123456", "", "emergency"}, {"+7112345678", "", "emergency"}, {"+72112345", "", "shorter"}, {"+4611212", "", "emergency"},
		// what dials abroad behind the country code
		{"+7104420794600", "", "abroad"}, {"+78104420794600", "", "abroad"}, {"+81104420794600", "", "abroad"}, {"+358990442079460", "", "abroad"}, {"+9721344207946", "", "abroad"}, {"+491012345678", "", "abroad"},
		{"+490044207946", "", "0 behind"}, {"+4400112025550", "", "0 behind"}, {"+33001442079460", "", "0 behind"}, {"+341234567", "", "short code"},
		// abroad behind a country code whose subscribers' numbers may begin with one 0
		{"+39004420794600", "", "abroad"}, {"+39001900234567", "", "abroad"}, {"+378004420794", "", "abroad"}, {"+225004420794600", "", "abroad"}, {"+22600442079460", "", "abroad"},
		{"+229004420794600", "", "abroad"}, {"+24100442079460", "", "abroad"}, {"+242004420794", "", "abroad"}, {"+24700442079", "", "abroad"}, {"+47004420794", "", "abroad"}, {"00 39 00 44 20794600", "DE", "abroad"}, {"00 44 20 7946 0000", "IT", ""},
		// behind a trunk prefix other than 0, or the digit of mobile numbers, which a gateway takes away
		{"+5219001234567", "", "premium"}, {"+52 1 900 123 4567", "", "premium"}, {"+521900123456789", "", "premium"}, {"+5213001234567", "", "shared-cost"}, {"+5215001234567", "", "personal"}, {"+5219112345678", "", "emergency"}, {"+5211121234567", "", "emergency"},
		{"+5496001234567", "", "premium"}, {"+54 9 609 123 4567", "", "premium"}, {"+788091234567", "", "premium"}, {"+7 8 803 123-45-67", "", "premium"}, {"+788081234567", "", "personal"}, {"+78809123456", "", "premium"},
		{"+3758902123456", "", "premium"}, {"+37580902123456", "", "premium"}, {"+37089001234", "", "premium"}, {"+370891012345", "", "premium"}, {"+370880812345", "", "shared-cost"}, {"+370870012345", "", "personal"},
		// read by the account's country
		{"110", "DE", "emergency"}, {"0110", "DE", "valid"}, {"110 123456", "DE", "emergency"}, {"112", "DE", "emergency"}, {"0900 123456", "DE", "premium"}, {"0900 1 234567 89", "DE", "premium"}, {"01377 1234567", "DE", "premium"},
		{"116117", "DE", "short code"}, {"11833", "DE", "short code"}, {"999", "GB", "emergency"}, {"999 123456", "GB", "emergency"}, {"0909 8790000", "GB", "premium"}, {"0871 9876543", "GB", "premium"}, {"118 118", "GB", "short code"},
		{"15", "FR", "emergency"}, {"112", "FR", "emergency"}, {"0899 123456", "FR", "premium"}, {"3639", "FR", "valid"},
		{"911", "US", "emergency"}, {"1911", "US", "valid"}, {"911 555 0100", "US", "ends with 11"}, {"900 234 5678", "US", "premium"}, {"1 900 234 5678", "US", "premium"}, {"011 44 909 8790000", "US", "premium"}, {"9005", "US", "valid"},
		{"0011 44 9098790000", "AU", "premium"}, {"001 44 909 8790000", "SG", "premium"}, {"000", "AU", "emergency"}, {"010 44 909 8790000", "JP", "premium"}, {"8 10 44 909 8790000", "RU", "premium"},
		// spelled otherwise
		{"+44 (0) 909 879 0000", "", "premium"}, {"0049 (0)900-123456", "", "premium"}, {"+49.0900.123456", "", "premium"}, {"+49 0 0 900 123456", "", "0 behind"}, {"(+49) 900 123456", "", "premium"}, {" +1-900-234-5678 ", "", "premium"}, {"00 1 (900) 234 56789", "", "premium"},
	} {
		err := judged(c.raw, c.region, append([]string{"+49110", "+44999", "+449", "+49900", "+979", "+33112"}, everywhere...), nil)
		switch {
		case c.reason == "" && err != nil:
			t.Errorf("%q in %q: %v", c.raw, c.region, err)
		case c.reason != "" && err == nil:
			t.Errorf("%q in %q is called", c.raw, c.region)
		case c.reason != "" && !strings.Contains(err.Error(), c.reason):
			t.Errorf("%q in %q: %v, want %q", c.raw, c.region, err, c.reason)
		}
	}
}

// What a subscriber has may begin as an emergency number or a dear range does.
func TestSubscribersBesideThem(t *testing.T) {
	for _, n := range []string{
		"+33153534567", "+33171234567", "+33182345678", "+441181234567", "+441162345678", "+441132345678", "+81112345678", "+862012345678", "+861012345678",
		"+35315123456", "+9619123456", "+9609001234", "+251911234567", "+31911234567", "+5491123456789", "+37618001234", "+491711234567", "+390612345", "+4721123456", "+61412345678", "+31201234567",
		"+390101234567", "+390549123456", "+3780549123456", "+2250101234567", "+22601123456", "+2290195123456", "+24101123456", "+242061234567", "+4702000", "+992001234567",
		"+5215512345678", "+5491151234567", "+78001234567", "+78112123456", "+375291234567", "+3758011234567", "+37061234567",
		"+4930901820123", "+442079460000123", // longer than the plan: a network looks at what it knows
	} {
		if err := judged(n, "", everywhere, nil); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
}

func TestDoubt(t *testing.T) {
	for value, want := range map[string]string{
		"US": "", "DE": "", "+1202": "", "+1876": "", "+49": "", "+4930": "", "+1555": "", "+870": "", "+44844": "", "+1500": "",
		"+1": "25 countries", "+44": "GB, GG, IM, JE", "+7": "KZ, RU", "+4": "countries", "+18": "countries",
		"+1900": "opens nothing", "+449": "opens nothing", "+49110": "opens nothing", "+979": "opens nothing", "+1911": "opens nothing", "+1011": "opens nothing", "+11": "opens nothing", "+210": "opens nothing", "+4900": "opens nothing",
	} {
		if got := numbers.Warning(value); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
