package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What differs from run to run wherever it stands in an answer.
var (
	anID    = regexp.MustCompile(`\b(CA)?([0-9a-f]{32})\b`)
	aLeg    = regexp.MustCompile(`"[0-9a-f]{16}"`)
	aCall   = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)
	anEntry = regexp.MustCompile(`(whsec_[A-Za-z0-9+/]{20,}=*|rf_[A-Za-z0-9_-]{20,})`)
	aTime   = regexp.MustCompile(`\b(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(\.\d+)?(Z?)`)
)

// steadier gives answers the addresses of the manual, names that do not change
// from one run to the next, and times of one morning.
type steadier struct {
	t     *testing.T
	typed string // all commands: what a reader types stays as it is
	addr  string
	names map[string]string
	zero  time.Time
}

func (s *steadier) name(old string) string {
	if s.names[old] == "" {
		sum := sha256.Sum256([]byte("example " + strconv.Itoa(len(s.names))))
		s.names[old] = hex.EncodeToString(sum[:16])
	}
	return s.names[old]
}

func (s *steadier) steady(text string) string {
	replace := func(what *regexp.Regexp, with func(string) string) {
		text = what.ReplaceAllStringFunc(text, func(old string) string {
			if strings.Contains(s.typed, old) {
				return old
			}
			return with(old)
		})
	}
	text = strings.ReplaceAll(text, s.addr, "127.0.0.1")
	replace(anEntry, func(old string) string {
		if strings.HasPrefix(old, "whsec_") {
			return "whsec_" + s.name(old)
		}
		return "rf_" + s.name(old)
	})
	replace(anID, func(old string) string {
		id, call := strings.CutPrefix(old, "CA")
		if id = s.name(id); call {
			return "CA" + id
		}
		return id
	})
	replace(aLeg, func(old string) string { return `"` + s.name(old)[:16] + `"` })
	replace(aCall, func(old string) string {
		return strings.ToUpper(strings.NewReplacer("0", "G", "1", "H", "8", "X", "9", "Y").Replace(s.name(old)[:26]))
	})
	replace(aTime, s.time)
	return text
}

func (s *steadier) time(old string) string {
	m := aTime.FindStringSubmatch(old)
	at, err := time.Parse(time.DateTime, m[1]+" "+m[3]+m[4])
	if err != nil {
		s.t.Fatal(err)
	}
	if s.zero.IsZero() {
		s.zero = at.Truncate(time.Second)
	}
	at = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(at.Sub(s.zero))
	layout := "2006-01-02" + m[2] + "15:04:05"
	if m[4] != "" {
		layout += ".000000"
	}
	return at.Format(layout) + m[5]
}

// write stores the answers as the manual shows them.
func (c *contract) write(t *testing.T, got []apiExample) {
	t.Helper()
	s := &steadier{t: t, addr: c.w.addr.String(), names: make(map[string]string)}
	for _, e := range got {
		s.typed += e.Curl + "\n"
	}
	for i := range got {
		got[i].Answer = s.steady(got[i].Answer)
		for j := range got[i].Header {
			got[i].Header[j] = s.steady(got[i].Header[j])
		}
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	out.SetIndent("", "\t")
	if err := out.Encode(got); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(examplesFile, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
