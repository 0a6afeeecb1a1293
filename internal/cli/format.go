package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
)

// printJSON prints what the API answered, for other programs.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printf prints what a verb has to say.
func printf(out io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(out, format, args...)
	return err
}

// localTime is a time in the zone of this machine, "" if there is none.
func localTime(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.Local().Format(time.DateTime)
}

// between is the time from one moment to another, "" unless there are both.
func between(from, to *time.Time) string {
	if from == nil || to == nil {
		return ""
	}
	return to.Sub(*from).Round(100 * time.Millisecond).String()
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// joined is a list as a cell of a table, - if it is empty.
func joined(list []string) string { return cmp.Or(strings.Join(list, ", "), "-") }

// yesOr is the cell of a condition.
func yesOr(condition bool, otherwise string) string {
	if condition {
		return "yes"
	}
	return otherwise
}

// joinReasons joins reasons. One that another contains is left out.
func joinReasons(parts ...string) string {
	var common []string
	for i, p := range parts {
		rest := slices.Concat(common, parts[i+1:])
		if p != "" && !slices.ContainsFunc(rest, func(other string) bool { return strings.Contains(other, p) }) {
			common = append(common, p)
		}
	}
	return strings.Join(common, "; ")
}

// sipAnswer is the code and the phrase of a SIP answer, "" if there was none.
func sipAnswer(s *client.Sip) string {
	if s == nil || s.Code == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(s.Code, " ", s.Reason))
}

// explanation is the reason in the header fields of a SIP answer, "" if there is none.
func explanation(s *client.Sip) string {
	if s == nil {
		return ""
	}
	return record.SIPResult{ReasonText: s.ReasonText, Warning: s.Warning, CallInfo: s.CallInfo}.Explanation()
}

// timeFlag reads a time as the API takes it, or a day, which begins at midnight in
// the zone of this machine.
func timeFlag(into *string) func(string) error {
	return func(text string) error {
		if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
			text = day.Format(time.RFC3339)
		}
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("write 2026-11-22 or 2026-11-22T09:00:00Z")
		}
		*into = text
		return nil
	}
}
