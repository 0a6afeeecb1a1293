// Package secret declares the type of passwords, tokens and keys in memory. A value
// prints as *** whatever prints it.
//
// It does not know where secrets are stored, nor what they authenticate.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// masked is what a Secret prints as.
const masked = "***"

// Secret is a text that fmt, slog, JSON, XML and YAML print as ***. string(s)
// returns the text itself. Two kinds of values that are printed must not hold it, as
// no method is called of it there: unexported fields in fmt, keys of maps in JSON.
type Secret string

// Format implements fmt.Formatter: every verb prints ***, wrong ones too.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// String implements fmt.Stringer.
func (Secret) String() string { return masked }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText implements encoding.TextMarshaler, which JSON, XML and YAML call.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }
