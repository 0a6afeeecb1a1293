package main

import (
	"errors"
	"strings"
	"testing"
)

func TestDemoOptions(t *testing.T) {
	tests := []struct {
		args  string
		want  demoOptions
		wrong string // what the complaint says
	}{
		{"", demoOptions{customer: "answers", agent: "answers", out: "demo"}, ""},
		{"--customer hangs-up --agent busy --out there --json", demoOptions{"hangs-up", "busy", "there", true}, ""},
		{"--customer=declines", demoOptions{customer: "declines", agent: "answers", out: "demo"}, ""},
		{"--out=", demoOptions{customer: "answers", agent: "answers"}, ""},
		{"--customer sings", demoOptions{}, "choose one of answers, busy, declines, invalid, silent, hangs-up"},
		{"--agent declines", demoOptions{}, "choose one of answers, busy, silent, invalid"},
		{"--caller busy", demoOptions{}, "-caller"},
		{"busy", demoOptions{}, `"busy"`},
	}
	for _, test := range tests {
		t.Run(test.args, func(t *testing.T) {
			got, err := parseDemoOptions(strings.Fields(test.args))
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
