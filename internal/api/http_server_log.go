package api

import (
	"bytes"
	"log/slog"
	"strings"
)

// serverLog is the writer of the server's ErrorLog. It gives each line of net/http a
// level: what clients can cause is no fault of the server.
type serverLog struct {
	log    *slog.Logger
	logged logRate
}

// serverLines are beginnings of net/http's lines with their levels. Any other line is a
// warning.
var serverLines = []struct {
	begins string
	level  slog.Level
}{
	{"http: TLS handshake error", slog.LevelInfo}, // a scanner, or plain HTTP
	{"http2: ", slog.LevelInfo},                   // what a client sent is no HTTP/2
	{"http: URL query contains semicolon", slog.LevelInfo},
	{"http: panic serving", slog.LevelError},
	{"http: Accept error", slog.LevelWarn},
}

// longestServerLine is in bytes; a panic comes with its stack.
const longestServerLine = 4096

// Write implements io.Writer.
func (s *serverLog) Write(line []byte) (int, error) {
	kind, level := "other", slog.LevelWarn
	text := string(bytes.TrimSpace(line[:min(len(line), longestServerLine)]))
	for _, l := range serverLines {
		if strings.HasPrefix(text, l.begins) {
			kind, level = l.begins, l.level
			break
		}
	}
	s.logged.write(s.log, level, logKind{what: kind}, "the HTTP server says", "text", text)
	return len(line), nil
}
