package config

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ringflow/internal/call"
	"ringflow/numbers"
	"ringflow/sip"
)

// headerFields are the values of header fields by their names.
type headerFields map[string]string

// identity is who the INVITEs of the trunk say calls.
func (t Trunk) identity(a Account) call.Identity {
	id := call.Identity{
		From: call.Source(t.From), DisplayName: t.Display, Asserted: call.Source(t.Asserted), Preferred: call.Source(t.Preferred),
		RemoteParty: call.Source(t.RemoteParty), Diversion: call.Source(t.Diversion), History: call.Source(t.History), Privacy: t.Privacy,
		Called: numbers.Format(t.Called), Calling: numbers.Format(t.Calling), Diverting: numbers.Format(t.Diverting), Country: cmp.Or(t.Country, a.Country),
		TechPrefix: t.TechPrefix, UserPhone: t.UserPhone, AssertedAsSIP: t.IdentityURI == "sip",
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		id.Headers = append(id.Headers, sip.Header{Name: name, Value: t.Headers[name]})
	}
	return id
}

// validateIdentity reports values of the identity that contradict one another.
func (c *Config) validateIdentity(t Trunk, a Account, at string) {
	for _, field := range []struct{ key, source string }{
		{"from", t.From}, {"p_asserted_identity", t.Asserted}, {"p_preferred_identity", t.Preferred},
		{"remote_party_id", t.RemoteParty}, {"diversion", t.Diversion}, {"history_info", t.History},
	} {
		if field.source == string(call.SourceUsername) && t.Username == "" && !t.presetNeeds("username") {
			c.file.Add(at+"."+field.key, "username is the trunk's user name, and it has none: write username: beside it")
		}
	}
	for _, field := range []struct{ key, format string }{
		{"called_number", t.Called}, {"calling_number", t.Calling}, {"diverting_number", t.Diverting},
	} {
		if field.format == string(numbers.FormatNational) && t.Country == "" && a.Country == "" {
			c.file.Add(at+"."+field.key, "national is how a number is dialled in a country: write country: DE beside it, with the country that is meant")
		}
	}
	if t.IdentityURI == "tel" && t.Calling != string(numbers.FormatPlus) {
		c.file.Add(at+".identity_uri", "a tel URI has a number with a plus (RFC 3966 §5.1.4), and calling_number is %s: write plus there, or sip here", t.Calling)
	}
}

// sourceForm is the form of a source of a list, or of a number.
func sourceForm(list []call.Source) func(any) error {
	one := oneOf("is neither a number in E.164, such as +12025550100, nor one of", list)
	return func(value any) error {
		if text := value.(string); strings.HasPrefix(text, "+") {
			if n, err := numbers.Parse(text, ""); err != nil {
				return err
			} else if string(n) != text {
				return fmt.Errorf("%q is not a number in E.164: write %s", text, n)
			}
			return numbers.Possible(numbers.E164(text))
		}
		return one(value)
	}
}

// privacyForm wants the values of a Privacy header field.
func privacyForm(value any) error {
	one := oneOf("is not one of", call.PrivacyValues())
	values := strings.Split(value.(string), ";")
	for i, v := range values {
		if err := one(v); err != nil {
			return fmt.Errorf("%w; semicolons join several, as in user;id", err)
		}
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("%q has %s twice: remove one", value, v)
		}
		if v == "none" && len(values) > 1 {
			return fmt.Errorf("%q has none, which stands alone, beside others (RFC 3323 §4.2)", value)
		}
	}
	return nil
}

func isTechPrefix(v string) bool { return len(v) <= 24 && strings.Trim(v, "0123456789*#") == "" }

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// headersForm wants header fields that an INVITE may have beside those that have keys.
func headersForm(value any) error {
	keys := map[string]string{
		"p-asserted-identity": "p_asserted_identity", "p-preferred-identity": "p_preferred_identity", "remote-party-id": "remote_party_id",
		"diversion": "diversion", "history-info": "history_info", "privacy": "privacy",
	}
	fields := value.(headerFields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text := fields[name]
		if key := keys[strings.ToLower(name)]; key != "" {
			return fmt.Errorf("%s has a key of its own: write %s", name, key)
		}
		if err := sip.CheckHeaders([]sip.Header{{Name: name, Value: text}}); err != nil {
			return err
		}
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("%s has no value", name)
		}
		for _, p := range placeholder.FindAllString(text, -1) {
			if !slices.Contains(call.Placeholders(), p) {
				return fmt.Errorf("%s: %s stands for nothing: there are %s", name, p, strings.Join(call.Placeholders(), ", "))
			}
		}
	}
	return nil
}
