package cli

import (
	"errors"
	"strings"
	"testing"

	"ringflow/internal/demo"
)

func TestDemoOptions(t *testing.T) {
	tests := []struct {
		args  string
		want  demo.Options
		wrong string // what the complaint says
	}{
		{"", demo.Options{Customer: "answers", Agent: "answers", Dir: "demo"}, ""},
		{"--customer hangs-up --agent busy --out there --json", demo.Options{Customer: "hangs-up", Agent: "busy", Dir: "there", JSON: true}, ""},
		{"--customer=declines", demo.Options{Customer: "declines", Agent: "answers", Dir: "demo"}, ""},
		{"--out=", demo.Options{Customer: "answers", Agent: "answers"}, ""},
		{"--customer sings", demo.Options{}, "choose one of answers, busy, declines, invalid, silent, hangs-up"},
		{"--agent declines", demo.Options{}, "choose one of answers, busy, silent, invalid"},
		{"--caller busy", demo.Options{}, "-caller"},
		{"busy", demo.Options{}, `"busy"`},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			flags := newFlags()
			o := demoFlags(flags)
			_, err := parseArguments(flags, strings.Fields(test.args), 0, 0)
			got := *o
			if test.wrong == "" {
				if err != nil || got != test.want {
					t.Errorf("got %+v, %v; want %+v", got, err, test.want)
				}
				return
			}
			if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("got the error %v, want one of usage that says %q", err, test.wrong)
			}
		})
	}
}
