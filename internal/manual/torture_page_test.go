package manual

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// tortureMessage is a row of the page of torture tests.
type tortureMessage struct{ Name, Section, Answer, Why string }

// tortureMessages are the rows of the page of torture tests, in the order of the RFCs. They
// are read from the files that the test of the SIP package compares its answers with.
func tortureMessages() (page struct{ General, IPv6 []tortureMessage }) {
	page.General, page.IPv6 = messagesOf("torture"), messagesOf("torture6")
	return page
}

func messagesOf(folder string) (rows []tortureMessage) {
	files, err := filepath.Glob("../../testdata/sip/" + folder + "/*.want")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		answer, rest, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
		where, why, _ := strings.Cut(rest, ": ")
		_, section, _ := strings.Cut(where, "§")
		if answer == "none" {
			answer = "nothing"
		}
		rows = append(rows, tortureMessage{strings.TrimSuffix(filepath.Base(file), ".want"), section, answer, why})
	}
	slices.SortFunc(rows, func(a, b tortureMessage) int {
		x, y := strings.Split(a.Section, "."), strings.Split(b.Section, ".")
		for i := range min(len(x), len(y)) {
			m, _ := strconv.Atoi(x[i])
			n, _ := strconv.Atoi(y[i])
			if m != n {
				return m - n
			}
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return rows
}
