package components

import (
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// settings reads the settings of one run of a step, up to the first that cannot be read.
type settings struct {
	*flowengine.StepContext
	err error // of that one; what is read after it is empty
}

func (s *settings) text(from flowfile.Text) string { return s.escaped(from, nil) }

func (s *settings) escaped(from flowfile.Text, escape func(string) string) (text string) {
	if s.err == nil {
		text, s.err = s.Escaped(from, escape)
	}
	return text
}

func (s *settings) number(from flowfile.Number) (n int) {
	if s.err == nil {
		n, s.err = s.Number(from)
	}
	return n
}

func (s *settings) seconds(from flowfile.Number) time.Duration {
	return time.Duration(s.number(from)) * time.Second
}
