package store_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// What the journal keeps is what encoding/json makes of an event: with every
// field set, and with each of them left out in turn.
func TestEncodeEventFields(t *testing.T) {
	var e record.Event
	fillValue(t, reflect.ValueOf(&e).Elem())
	sameAsLibrary(t, e)
	withoutEach(reflect.ValueOf(&e).Elem(), func() { sameAsLibrary(t, e) })
	sameAsLibrary(t, record.Event{}, e, record.Event{Leg: &record.LegEvent{}, SIP: &record.SIPResult{}})
}

func TestEncodeRefusesTimesOutOfRange(t *testing.T) {
	e := record.Event{At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if text, err := store.Encode([]record.Event{e}); err == nil {
		t.Errorf("an event of the year 10000 became %s", text)
	}
}

func FuzzEncodeText(f *testing.F) {
	for _, s := range []string{"", "plain", `"\`, "<&>", "\x00\x1f\x7f", "žluť ☎", "\u2028\u2029", "\xff\xc0x", "\b\f\n\r\t"} {
		f.Add(s, s, int64(len(s)))
	}
	f.Fuzz(func(t *testing.T, name, value string, nanos int64) {
		sameAsLibrary(t, record.Event{
			Seq: int(nanos), At: time.Unix(0, nanos).UTC(), Kind: record.EventKind(name), Step: name, Component: value,
			Error: value, Variables: map[string]string{name: value, value: name, "": ""},
			Leg: &record.LegEvent{ID: name, Party: record.Party(value), CallID: value},
			SIP: &record.SIPResult{Code: int(nanos), Cause: len(name), Reason: value},
		})
	})
}

func sameAsLibrary(t *testing.T, events ...record.Event) {
	t.Helper()
	got, err := store.Encode(events)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	if "["+string(got)+"]" != string(want) {
		t.Errorf("the journal keeps\n [%s]\nencoding/json has\n %s", got, want)
	}
}

// fillValue gives every field a value that is not zero.
func fillValue(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.FixedZone("", 3600))))
			return
		}
		for i := range v.NumField() {
			fillValue(t, v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillValue(t, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"b": "2", "a": "1"}).Convert(v.Type()))
	case reflect.String:
		v.SetString("text of " + v.Type().Name())
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	default:
		t.Fatalf("a field of an event is a %s, of which this test knows nothing", v.Type())
	}
}

// withoutEach calls check with each field of v, at any depth, zero in turn.
func withoutEach(v reflect.Value, check func()) {
	for i := range v.NumField() {
		field := v.Field(i)
		full := reflect.ValueOf(field.Interface())
		field.SetZero()
		check()
		field.Set(full)
		inner := field
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.Type() != reflect.TypeFor[time.Time]() {
			withoutEach(inner, check)
		}
	}
}
