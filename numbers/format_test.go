package numbers_test

import (
	"testing"

	"ringflow/numbers"
)

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		format numbers.Format
		number numbers.E164
		region string
		want   string
	}{
		{"", "+4930901820", "DE", "+4930901820"},
		{numbers.FormatPlus, "+4930901820", "DE", "+4930901820"},
		{numbers.FormatDigits, "+4930901820", "DE", "4930901820"},
		{numbers.Format00, "+4930901820", "DE", "004930901820"},
		{numbers.FormatNational, "+4930901820", "DE", "030901820"},
		{numbers.FormatNational, "+4915112345678", "DE", "015112345678"},
		{numbers.FormatNational, "+12025550143", "DE", "0012025550143"},
		{numbers.FormatNational, "+12025550143", "US", "2025550143"},
		{numbers.FormatNational, "+12025550143", "CA", "2025550143"},
		{numbers.FormatNational, "+4930901820", "US", "0114930901820"},
		{numbers.FormatNational, "+442079460000", "GB", "02079460000"},
		{numbers.FormatNational, "+33153534567", "FR", "0153534567"},
		{numbers.FormatNational, "+390669821", "IT", "0669821"},
		{numbers.FormatNational, "+34912345678", "ES", "912345678"},
		{numbers.FormatNational, "+4930901820", "AU", "00114930901820"},
		{numbers.FormatNational, "+4930901820", "RU", "8104930901820"},
		{numbers.FormatNational, "+4930901820", "", "+4930901820"},
		{numbers.FormatNational, "+4930901820", "ZZ", "+4930901820"},
		{numbers.FormatNational, "+4511212345", "DK", "+4511212345"}, // 112 first
		{numbers.FormatNational, "+15551234567", "US", "5551234567"},
	} {
		if got := c.format.Write(c.number, c.region); got != c.want {
			t.Errorf("%s of %s in %q is %s, want %s", c.format, c.number, c.region, got, c.want)
		}
	}
}

// A national number has only digits, and is read as the number that it was written from.
func FuzzNationalFormat(f *testing.F) {
	for _, n := range []string{"+4930901820", "+12025550143", "+390669821", "+5491123456789", "+525512345678", "+79261234567", "+37112345678"} {
		for _, region := range []string{"DE", "US", "IT", "AR", "MX", "RU", "LV", "SG", "BR"} {
			f.Add(n, region)
		}
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		n, err := numbers.Parse(raw, "")
		if err != nil || numbers.Possible(n) != nil {
			return
		}
		text := numbers.FormatNational.Write(n, region)
		for i, r := range text {
			if (r < '0' || r > '9') && (i > 0 || r != '+') {
				t.Fatalf("%s in %s is written %q", n, region, text)
			}
		}
		if back, err := numbers.Parse(text, region); back != n {
			t.Fatalf("%s in %s is written %q, which is read as %s, %v", n, region, text, back, err)
		}
	})
}

func TestExample(t *testing.T) {
	for region, want := range map[string]numbers.E164{"": "+12025550143", "ZZ": "+12025550143", "US": "+12015550123", "DE": "+4930123456"} {
		if got := numbers.Example(region); got != want {
			t.Errorf("of %q: %s, want %s", region, got, want)
		}
	}
}
