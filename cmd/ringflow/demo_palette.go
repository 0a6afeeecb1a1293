package main

import "os"

// palette colours text for a terminal; false leaves it plain.
type palette bool

func (p palette) wrap(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p palette) bold(text string) string  { return p.wrap("1", text) }
func (p palette) dim(text string) string   { return p.wrap("2", text) }
func (p palette) green(text string) string { return p.wrap("32", text) }
func (p palette) red(text string) string   { return p.wrap("31", text) }

// label colours a SIP message: requests, good news, refusals.
func (p palette) label(code int, text string) string {
	switch {
	case code == 0:
		return p.wrap("36", text)
	case code < 300:
		return p.green(text)
	default:
		return p.red(text)
	}
}

// isTerminal says whether the file is a terminal that wants colours
// (https://no-color.org).
func isTerminal(f *os.File) bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
