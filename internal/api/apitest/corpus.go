package apitest

import "strings"

// invalidTexts are values that most parameters must refuse.
var invalidTexts = []string{
	"", " ", "0", "-1", "1", "101", "1e400", "99999999999999999999", "-9223372036854775809", "0x10", "1.5", "true", "null", "[]", "{}",
	"\x00", "a\x00b", "\x01\x1f\x7f", "a\r\nX-Injected: 1", "\t", "ü€𝄞", "\u202e\ufeff", "e\u0301", "\xff\xfe", "\xc0\xaf",
	"..", ".", "../../etc/passwd", "/", "\\", "%", "%zz", "%00", "*", "' OR 1=1 --", `"`, `";`, "a,b", "a;b", "$(id)", "<script>", "${jndi:ldap://x}",
	"2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-22", "2026-11-22T09:00:00+99:99",
	"00:00-00:00", "24:00-24:00", "25:00-26:00", "Local", "../Europe/Berlin", "+12025550143", "W/\"x\"", "\"x\"", "x.1", "x.-1", "x.99999999999999999999",
	strings.Repeat("y", 300), strings.Repeat("ü", 3000),
}

// invalidJSON are JSON texts that most members must refuse.
var invalidJSON = []string{
	"null", `""`, "0", "-1", "1", "1.5", "1e400", "99999999999999999999", "true", "false", "[]", "{}", `[null]`, `{"":null}`,
	`"\u0000"`, `"a\u0001\u007f"`, `"\ud800"`, `"\u202e"`, `"ü€𝄞"`, `"a\r\nX-Injected: 1"`, `"../../etc/passwd"`, `"%{current_flow.x}"`,
	`"` + strings.Repeat("y", 10_000) + `"`, strings.Repeat("[", 500) + strings.Repeat("]", 500),
	`["` + strings.Repeat(`x","`, 2000) + `"]`, "\"\xff\xfe\"",
}

// invalidBodies are whole bodies that every operation must refuse.
var invalidBodies = []string{
	"", " ", "{}", "[]", "null", "true", "0", `"x"`, "{", `{"a":1}{`, `{"a":1}}`, `{"a"}`, "{'a':1}", "\ufeff{}", "\xff\xfe{\x00}\x00", "\x00",
	`{"a":1,"a":2}`, `{"":""}`, `{"__proto__":{"x":1}}`, strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
	"a=1&a=2", "a=%zz", "%", "grant_type=client_credentials", "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><x>&a;</x>",
	"a: &a [*a]", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]",
	"%YAML 1.2\n---\n!!binary x", "name: x\nname: y", "- a\n- b", "a:\n\t- b", "? [a]: b", "RIFF\x00\x00\x00\x00WAVEfmt ", "RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff", "ID3\x03\x00\x00\x7f\x7f\x7f\x7f", "\xff\xfb\x90\x00",
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n",
}

// headerFields are header fields that any request may carry.
var headerFields = []Pair{
	{"Range", "bytes=0-0"}, {"Range", "bytes=9-1"}, {"Range", "x"}, {"If-Range", `"x"`},
	{"If-Match", `"x"`}, {"If-Match", "*"}, {"If-Match", "x"}, {"If-Match", `W/"x"`}, {"If-Match", `"a", "b"`}, {"If-Match", `"`}, {"If-Match", ""},
	{"If-None-Match", "*"}, {"If-None-Match", `"x"`}, {"If-Modified-Since", "Sun, 22 Nov 2026 09:00:00 GMT"}, {"If-Unmodified-Since", "x"},
	{"Idempotency-Key", ""}, {"Idempotency-Key", "k"}, {"Idempotency-Key", strings.Repeat("k", 256)}, {"Idempotency-Key", "ü\x01"},
	{"Last-Event-ID", "0"}, {"Last-Event-ID", "-1"}, {"Last-Event-ID", "x"}, {"Last-Event-ID", "x.1"}, {"Last-Event-ID", "99999999999999999999"}, {"Last-Event-ID", ""},
	{"Accept", "application/xml"}, {"Accept", "text/event-stream"}, {"Accept", "text/csv"}, {"Accept", ";;;"}, {"Accept", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
	{"Accept", "application/openmetrics-text;version=1.0.0"}, {"Accept-Encoding", "gzip"}, {"Accept-Encoding", "zstd, br;q=0"}, {"Accept-Encoding", "identity;q=0, *;q=0"},
	{"Accept-Language", "xx"}, {"Accept-Charset", "utf-16"}, {"Content-Encoding", "gzip"}, {"Content-Encoding", "x"}, {"Content-Language", "x"},
	{"Content-Type", ""}, {"Content-Type", "text/plain"}, {"Content-Type", "application/xml"}, {"Content-Type", "application/json; charset=utf-16"}, {"Content-Type", "multipart/form-data; boundary=x"}, {"Content-Type", ";"}, {"Content-Type", "\x7f"},
	{"X-HTTP-Method-Override", "DELETE"}, {"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-Host", "evil.example"}, {"X-Original-URL", "/v1/executions"},
	{"Origin", "null"}, {"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "PUT"}, {"Cookie", "a=b"}, {"Referer", "\x80"},
	{"Upgrade", "websocket"}, {"Connection", "Upgrade, close"}, {"TE", "trailers"}, {"Expect", "100-continue"}, {"Prefer", "return=minimal"}, {"Max-Forwards", "0"},
	{"X-Long", strings.Repeat("x", 8000)}, {"Traceparent", "00-0-0-0"}, {"Cache-Control", "only-if-cached"},
}

// otherMethods are methods, known and not.
var otherMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "BREW", "get"}
