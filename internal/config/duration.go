package config

import (
	"fmt"
	"strconv"
	"time"
)

// Duration reads and prints itself as Go does: 30s, 1m30s.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a duration: write 30s or 1m30s", text)
	}
	*d = Duration(v)
	return nil
}

// String is the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// Days is a number of days; 0 is for ever.
type Days int

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Days) UnmarshalText(text []byte) error {
	v, err := strconv.Atoi(string(text))
	if err != nil || v < 0 || v > 36_500 {
		return fmt.Errorf("%q is not a number of days: write 1 to 36500, or 0 for ever", text)
	}
	*d = Days(v)
	return nil
}
