package store

import (
	"encoding/json"
	"strconv"

	"ringflow/flowengine/record"
)

// encode returns the events as JSON objects separated by commas. They are what
// encoding/json makes of them, at a third of its price: each call has some ten,
// and nothing else of the record is written so often.
func encode(events []record.Event) ([]byte, error) {
	text := make([]byte, 0, 256*len(events))
	var err error
	for i := range events {
		if i > 0 {
			text = append(text, ',')
		}
		if text, err = appendEvent(text, &events[i]); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// decode adds the events of a row of journal.
func decode(into []record.Event, text string) ([]record.Event, error) {
	var events []record.Event
	if err := json.Unmarshal([]byte(text), &events); err != nil {
		return nil, err
	}
	return append(into, events...), nil
}

func appendEvent(b []byte, e *record.Event) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"seq":`...), int64(e.Seq), 10)
	b, err := e.At.AppendText(append(b, `,"at":"`...)) // which refuses years that RFC 3339 cannot say
	if err != nil {
		return nil, err
	}
	b = append(b, '"')
	if e.Elapsed != nil {
		b = strconv.AppendInt(append(b, `,"elapsed_ms":`...), *e.Elapsed, 10)
	}
	b = appendText(append(b, `,"kind":`...), string(e.Kind))
	b = appendMember(b, `,"step":`, e.Step)
	b = appendMember(b, `,"component":`, e.Component)
	b = appendMember(b, `,"exit":`, string(e.Exit))
	if e.Leg != nil {
		if b, err = appendLeg(append(b, `,"leg":`...), e.Leg); err != nil {
			return nil, err
		}
	}
	if e.SIP != nil {
		b, err = appendValue(b, `,"sip":`, e.SIP)
	}
	if e.Undialled != nil && err == nil {
		b, err = appendValue(b, `,"undialled":`, e.Undialled)
	}
	if len(e.Variables) > 0 && err == nil {
		b, err = appendValue(b, `,"variables":`, e.Variables)
	}
	b = appendMember(b, `,"status":`, string(e.Status))
	b = appendMember(b, `,"error":`, e.Error)
	b = appendMember(b, `,"detail":`, e.Detail)
	return append(b, '}'), err
}

func appendLeg(b []byte, l *record.LegEvent) ([]byte, error) {
	b = appendText(append(b, `{"id":`...), l.ID)
	b = appendText(append(b, `,"party":`...), string(l.Party))
	b = appendMember(b, `,"from":`, l.From)
	b = appendMember(b, `,"to":`, l.To)
	b = appendMember(b, `,"call_id":`, l.CallID)
	b = appendMember(b, `,"ended_by":`, string(l.EndedBy))
	var err error
	if l.Audio != nil {
		b, err = appendValue(b, `,"audio":`, l.Audio)
	}
	return append(b, '}'), err
}

// appendValue appends a member that few events have.
func appendValue(b []byte, name string, value any) ([]byte, error) {
	text, err := json.Marshal(value)
	return append(append(b, name...), text...), err
}

// appendMember appends a member of an object, but for an empty one.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(append(b, name...), value)
}

// appendText appends a JSON string. What needs care is left to encoding/json.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
