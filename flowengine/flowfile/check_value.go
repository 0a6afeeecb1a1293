package flowfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"ringflow/internal/strict"
)

var (
	telephoneNumber  = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	nationalNumber   = regexp.MustCompile(`^[0-9]{2,17}$`) // or one with 00 in the place of +; the account says of which country
	numberSeparators = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "")
	// secretName and secretValue match what does not belong into a flow file, which is
	// shared, exported and compared.
	secretName  = regexp.MustCompile(`(?i)(^|[._-])(password|passwd|secret|token|api_?key|authorization|private_key)$`)
	secretValue = regexp.MustCompile(`(?i)(-----BEGIN [A-Z ]*PRIVATE KEY|\bbearer [a-z0-9._~+/-]{12,}|\bbasic [a-z0-9+/]{12,}=*|\beyJ[a-z0-9_-]{8,}\.[a-z0-9_-]{8,}\.|\b(sk|rk|pk)_(live|test)_[a-z0-9]{8,}|\bAKIA[0-9A-Z]{16}\b|\bghp_[a-z0-9]{20,}|://[^/\s:@]+:[^/\s@]+@)`)
)

// knownOrAdd suggests what to do about a name that the account does not know.
func knownOrAdd(name string, known func() []string) string {
	if known != nil {
		if near := strict.Nearest(name, known()); near != "" {
			return "did you mean " + near + "?"
		}
	}
	return "add it, or choose another"
}

// international is a number of the flow in E.164, "" if its country is not known.
func (c *checker) international(number string) string {
	if c.env.International == nil {
		return ""
	}
	return c.env.International(number, c.e164)
}

// addE164 adds a number that is written in E.164 to those that determine a country.
func (c *checker) addE164(u textAt) {
	if u.field.Meaning != MeansNumber && u.field.Meaning != MeansOwnNumber {
		return
	}
	if literal, fixed := u.text.Literal(); fixed {
		if n := numberSeparators.Replace(literal); telephoneNumber.MatchString(n) && !slices.Contains(c.e164, n) && len(c.e164) < maxE164 {
			c.e164 = append(c.e164, n)
		}
	}
}

// maxE164 is how many numbers of a flow determine a country.
const maxE164 = 20

// inE164 says how a number is to be written.
func (c *checker) inE164(number string) string {
	if n := c.international(number); n != "" {
		return "write it as " + n
	}
	return "write it as + with country code and number, such as +12025550143"
}

// text checks a text by its field's meaning, where it is known before the flow runs.
func (c *checker) text(s *Step, u textAt) {
	literal, fixed := u.text.Literal()
	field := u.path
	if s != c.flow.Trigger {
		field = join("with", u.path)
	}
	last := u.path[strings.LastIndexByte(u.path, '.')+1:]
	if fixed && literal != "" && (secretName.MatchString(last) || secretValue.MatchString(literal)) {
		c.fail(u.line, s.ID, field, "a secret stands here in plain text", "keep it in a connection of the account")
		return
	}
	if !fixed || literal == "" {
		return
	}
	switch u.field.Meaning {
	case MeansOwnNumber:
		switch number := numberSeparators.Replace(literal); {
		case c.env.OwnsNumber == nil && !nationalNumber.MatchString(number) && !telephoneNumber.MatchString(number):
			c.fail(u.line, s.ID, field, fmt.Sprintf("%q is not a telephone number", literal), c.inE164(literal))
		case c.env.OwnsNumber == nil:
			c.number(s, u, field, literal)
		case !c.env.OwnsNumber(literal):
			mend := "choose one of the account's numbers"
			if n := c.international(literal); n != "" && c.env.OwnsNumber(n) {
				mend = "write it as " + n
			}
			c.fail(u.line, s.ID, field, fmt.Sprintf("%s is no number of the account", literal), mend)
		}
	case MeansNumber:
		if c.env.MayCall != nil {
			if err := c.env.MayCall(literal); err != nil {
				c.cannotCall(s, u, field, literal, err)
			}
		} else if !telephoneNumber.MatchString(numberSeparators.Replace(literal)) {
			c.warn(u.line, s.ID, field, fmt.Sprintf("%q is not a telephone number in international form", literal), c.inE164(literal))
		} else {
			c.number(s, u, field, literal)
		}
	case MeansPrompt:
		if c.env.HasPrompt != nil && !c.env.HasPrompt(literal) {
			c.fail(u.line, s.ID, field, fmt.Sprintf("no prompt is stored as %q", literal), "store it, or choose another")
		} else if c.env.PromptFault != nil {
			if err := c.env.PromptFault(literal); err != nil {
				c.fail(u.line, s.ID, field, fmt.Sprintf("the prompt %q cannot be played: %v", literal, err), "replace it, or choose another")
			}
		}
	case MeansConnection:
		if c.env.HasConnection != nil && !c.env.HasConnection(literal) {
			c.fail(u.line, s.ID, field, fmt.Sprintf("the account has no connection %q", literal), knownOrAdd(literal, c.env.Connections))
		}
	case MeansFunctionName:
		if c.env.Function == nil {
			return
		}
		if _, found := c.env.Function(literal); !found {
			c.fail(u.line, s.ID, field, fmt.Sprintf("the account has no function %q", literal), knownOrAdd(literal, c.env.Functions))
		}
	case MeansFunction:
		if u.field.Max == nil || utf8.RuneCountInString(literal) <= *u.field.Max {
			c.sources = append(c.sources, placed[string]{literal, s.ID, field, u.line})
		}
	}
}

// cannotCall reports why the account may not call a number. The error of a number that
// cannot be read says itself what would be right.
func (c *checker) cannotCall(s *Step, u textAt, field, literal string, err error) {
	what, mend := err.Error(), "choose another number, or see the account's destinations"
	n := c.international(literal) // in E.164 itself if the account reads it
	switch {
	case n == "" && (c.env.International != nil || !telephoneNumber.MatchString(numberSeparators.Replace(literal))):
		mend = ""
	case n == "" || n == literal:
	default:
		if also := c.env.MayCall(n); also == nil || also.Error() != what { // the numbers beside it determine its country
			what, mend = fmt.Sprintf("%q is not a telephone number in international form", literal), "write it as "+n
		}
	}
	c.fail(u.line, s.ID, field, what, mend)
}

// number refuses a number that cannot exist, for any account.
func (c *checker) number(s *Step, u textAt, field, literal string) {
	if c.env.NumberFault == nil {
		return
	}
	if err := c.env.NumberFault(literal); err != nil {
		c.fail(u.line, s.ID, field, err.Error(), "write the number as it is dialled from abroad, with a + before it")
	}
}
