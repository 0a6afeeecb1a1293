package demo

import "os"

// colours colours text for a terminal; false leaves it plain.
type colours bool

func (p colours) wrap(code, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p colours) bold(text string) string  { return p.wrap("1", text) }
func (p colours) dim(text string) string   { return p.wrap("2", text) }
func (p colours) green(text string) string { return p.wrap("32", text) }
func (p colours) red(text string) string   { return p.wrap("31", text) }

// message colours a SIP message: requests, good news, refusals.
func (p colours) message(code int, text string) string {
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
