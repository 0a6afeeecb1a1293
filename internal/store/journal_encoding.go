package store

import (
	"encoding/json"
	"maps"
	"slices"
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
		b = appendSIP(append(b, `,"sip":`...), e.SIP)
	}
	if e.Undialled != nil {
		b = appendMember(append(b, `,"undialled":{`...), `"from":`, e.Undialled.From)
		if e.Undialled.From != "" {
			b = append(b, ',')
		}
		b = append(appendText(append(b, `"to":`...), e.Undialled.To), '}')
	}
	if len(e.Variables) > 0 {
		b = append(b, `,"variables":`...)
		separator := byte('{')
		for _, name := range slices.Sorted(maps.Keys(e.Variables)) {
			b = appendText(append(b, separator), name)
			b = appendText(append(b, ':'), e.Variables[name])
			separator = ','
		}
		b = append(b, '}')
	}
	b = appendMember(b, `,"status":`, string(e.Status))
	b = appendMember(b, `,"error":`, e.Error)
	b = appendMember(b, `,"detail":`, e.Detail)
	return append(b, '}'), nil
}

func appendLeg(b []byte, l *record.LegEvent) ([]byte, error) {
	b = appendText(append(b, `{"id":`...), l.ID)
	b = appendText(append(b, `,"party":`...), string(l.Party))
	b = appendMember(b, `,"from":`, l.From)
	b = appendMember(b, `,"to":`, l.To)
	b = appendMember(b, `,"call_id":`, l.CallID)
	b = appendMember(b, `,"ended_by":`, string(l.EndedBy))
	if l.Audio != nil { // once a leg
		audio, err := json.Marshal(l.Audio)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"audio":`...), audio...)
	}
	return append(b, '}'), nil
}

func appendSIP(b []byte, s *record.SIPResult) []byte {
	b = strconv.AppendInt(append(b, `{"code":`...), int64(s.Code), 10)
	b = appendMember(b, `,"reason":`, s.Reason)
	if s.Cause != 0 {
		b = strconv.AppendInt(append(b, `,"cause":`...), int64(s.Cause), 10)
	}
	b = appendMember(b, `,"trunk":`, s.Trunk)
	b = appendMember(b, `,"ended_by":`, string(s.EndedBy))
	b = appendMember(b, `,"reason_text":`, s.ReasonText)
	b = appendMember(b, `,"location":`, s.Location)
	b = appendMember(b, `,"warning":`, s.Warning)
	b = appendMember(b, `,"call_info":`, s.CallInfo)
	return append(b, '}')
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
