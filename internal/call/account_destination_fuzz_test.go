package call_test

import (
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine/flowfile"
)

// hostile are numbers that must not be called, in many spellings.
var hostile = []string{
	"+19002345678", "+1900234567", "+190023456789", "+1911000", "+19112345678", "+1011442079460000", "+101144207946", "+10123456789", "+11234567890", "+15002345678", "+17002345678", "+17102345678",
	"+18765550143", "+18095550143", "+12129761234", "+12125550", "+449098790000", "+44909", "+447012345678", "+448441234567", "+44999123", "+44112345678", "+4411811", "+49110", "+4911012345", "+49900123456", "+490900123456",
	"+33112", "+33899123456", "+3315123", "+34112345678", "+39899123456", "+39118123", "+979123456789", "+88216123456", "+870773123456", "+21012345678", "+7104420794600", "+81104420794600", "+358990442079", "+9721344207946",
	"911", "112", "110", "999", "1911", "0911", "900 234 5678", "1-900-234-5678", "011 44 909 8790000", "00 1 900 234 5678", "0900 123456", "0909 8790000", "0110", "118 118", "8 10 44 909 8790000", "010 44 20 7946 0000",
	"+44 (0) 909 879 0000", "(+49) 0900 123456", "+49 0 0 1 900 234 5678", "+1 (900) 234-5678 x1", "tel:+19002345678", "sip:+19002345678@example.com", "+12025550143;phone-context=+1900", "+12025550143@900", "+1202555014\r\nTo: <sip:911@x>", "+１９００２３４５６７８", "%2b19002345678",
}

// FuzzForbiddenNumber holds that no number whose first digits are premium,
// emergency, foreign or malformed reaches an INVITE, whatever its length and spelling:
// what a flow gives goes the way to the wire, and an oracle looks at what is on it.
func FuzzForbiddenNumber(f *testing.F) {
	for _, raw := range hostile {
		for who := range policies {
			f.Add(raw, uint8(who), uint8(0))
		}
	}
	for i, raw := range []string{"+12025550143", "+18005550143", "+13065550143", "+15552550143", "+4930901820", "+442079460000", "+441534960194", "+390612345678", "+33153534567", "+81112345678", "+74951234567", "+61412345678"} {
		for who := range policies {
			f.Add(raw, uint8(who), uint8(i))
		}
	}
	d := openDesk(f)
	f.Cleanup(d.close)
	f.Fuzz(func(t *testing.T, raw string, who, spelling uint8) {
		p := policies[int(who)%len(policies)]
		d.check(t, p, spelled(raw, spelling))
	})
}

// check has the account of a policy call raw, and checks what was on the wire.
func (d *desk) check(t *testing.T, p policy, raw string) {
	t.Helper()
	called, out := d.dial(t, p.name, raw)
	if len(called) == 0 {
		if out.Exit != flowfile.ExitInvalidNumber || out.Detail == "" {
			t.Errorf("%q was not called, and leaves by %s: %q", raw, out.Exit, out.Detail)
		}
		return
	}
	if len(called) != 2 {
		t.Fatalf("%q was called as %q", raw, called)
	}
	user, isSIP := strings.CutPrefix(called[0], "sip:")
	user, host, hasHost := strings.Cut(user, "@")
	if !isSIP || !hasHost || host != trunkAddr.String() && host != trunkAddr.Addr().String() || !strings.HasPrefix(called[1], "<sip:"+user+"@") {
		t.Errorf("%q leads to %q", raw, called)
	}
	if why := objection(user, p); why != "" {
		t.Errorf("%q of an account of %q that may call %v (not %v) was called as %s: %s", raw, p.country, p.allow, p.deny, user, why)
	}
}

// spelled writes the digits of raw in one of several ways; 0 leaves it as it is.
func spelled(raw string, spelling uint8) string {
	if spelling == 0 {
		return raw
	}
	var digits strings.Builder
	for i := range len(raw) {
		if c := raw[i]; c >= '0' && c <= '9' {
			digits.WriteByte(c)
		} else if c != '+' {
			digits.WriteByte('0' + c%10)
		}
	}
	n := digits.String()
	cut := min(len(n), int(spelling>>4)%5)
	switch spelling % 8 {
	case 1:
		return "+" + n
	case 2:
		return "00" + n
	case 3:
		return "+" + n[:cut] + " (0) " + n[cut:]
	case 4:
		return fmt.Sprintf("+%s-%s", n[:cut], n[cut:])
	case 5:
		return "011" + n
	case 6:
		return "0" + n
	case 7:
		return " " + strings.Join(strings.Split(n, ""), ".")
	}
	return n
}
