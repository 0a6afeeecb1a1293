package client

import (
	"strings"
	"testing"
)

func FuzzReadEvents(f *testing.F) {
	for _, seed := range []string{"id: 1\nevent: a\ndata: {}\n\n", ": comment\n\n", "data\n\ndata: a\ndata: b\r\n\r\n", "id: x\n\n", "\n\n\n", "id:7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		events := 0
		_ = readEvents(strings.NewReader(text), func() {}, func(e StreamEvent) error {
			if events++; e.Data == nil {
				t.Error("an event without data was told")
			}
			return nil
		})
		if events > strings.Count(text, "data") {
			t.Errorf("%d events in %q", events, text)
		}
	})
}
