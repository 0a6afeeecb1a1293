package sip

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

const aSession = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

// bodied is a message with header fields and a body.
func bodied(t testing.TB, fields, body string) sipmsg.Message {
	t.Helper()
	m, err := newParser().ParseSIP([]byte(fmt.Sprintf("SIP/2.0 200 OK\r\n%sContent-Length: %d\r\n\r\n%s", fields, len(body), body)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// multipart builds a body of parts; each is header fields, an empty line and a body.
func multipartOf(boundary string, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\r\n" + p + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

const (
	aText = "Content-Type: text/plain\r\n\r\nhello"
	anSDP = "Content-Type: application/sdp\r\n\r\n" + aSession
	anISU = "Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\xff\r\n--\x00"
)

func TestSDPIsFound(t *testing.T) {
	early := "Content-Type: application/sdp\r\nContent-Disposition: early-session\r\n\r\nv=0\r\nearly\r\n"
	other := "Content-Type: application/sdp\r\n\r\nv=0\r\nother\r\n"
	for name, c := range map[string]struct{ fields, body string }{
		"alone":                 {"Content-Type: application/sdp\r\n", aSession},
		"without a type":        {"", aSession},
		"in capitals":           {"c: Application/SDP\r\n", aSession},
		"with parameters":       {"Content-Type: application/sdp ; charset=utf-8;\r\n", aSession},
		"identity":              {"Content-Type: application/sdp\r\nContent-Encoding: Identity\r\n", aSession},
		"first":                 {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", anSDP, anISU)},
		"last":                  {"Content-Type: multipart/mixed; boundary=\"b 1\"\r\n", multipartOf("b 1", aText, anISU, anSDP)},
		"boundary with signs":   {"Content-Type: multipart/mixed;boundary=----=_Part_1:2?3/4.5\r\n", multipartOf("----=_Part_1:2?3/4.5", aText, anSDP)},
		"parameters around":     {"Content-Type: Multipart/Mixed ; x=y;BOUNDARY = b1 ; z\r\n", multipartOf("b1", aText, anSDP)},
		"compact":               {"c:multipart/mixed;boundary=b1\r\n", multipartOf("b1", anSDP)},
		"preamble and epilogue": {"Content-Type: multipart/mixed;boundary=b1\r\n", "this is MIME\r\n\r\n" + multipartOf("b1", anSDP) + "the end\r\n"},
		"no last boundary":      {"Content-Type: multipart/mixed;boundary=b1\r\n", "--b1\r\n" + anSDP},
		"line feeds":            {"Content-Type: multipart/mixed;boundary=b1\r\n", "--b1\nContent-Type: application/sdp\n\n" + aSession + "\n--b1--\n"},
		"nested": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", aText,
			"Content-Type: multipart/related;boundary=b2\r\n\r\n"+multipartOf("b2", anISU,
				"Content-Type: multipart/alternative;boundary=b3\r\n\r\n"+multipartOf("b3", aText, anSDP)))},
		"alternatives: the last":         {"Content-Type: multipart/alternative;boundary=b1\r\n", multipartOf("b1", other, anSDP, aText)},
		"mixed: the first":               {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", anSDP, other)},
		"related: the root":              {"Content-Type: multipart/related;boundary=b1;start=\"<b@x>\"\r\n", multipartOf("b1", "Content-ID: <a@x>\r\n"+other, "Content-ID: <b@x>\r\n"+anSDP)},
		"related: another than the root": {"Content-Type: multipart/related;boundary=b1;start=\"<b@x>\"\r\n", multipartOf("b1", "Content-ID: <a@x>\r\n"+anSDP, "Content-ID: <b@x>\r\n"+aText)},
		"digest":                         {"Content-Type: multipart/digest;boundary=b1\r\n", multipartOf("b1", anSDP)},
		"beside an early session":        {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", early, anSDP)},
		"of disposition session":         {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "Content-Disposition: session;handling=required\r\n"+anSDP)},
		"base64": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1",
			"Content-Type: application/sdp\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"+base64.StdEncoding.EncodeToString([]byte(aSession))[:60]+"\r\n"+
				base64.StdEncoding.EncodeToString([]byte(aSession))[60:])},
		"quoted printable": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1",
			"Content-Type: application/sdp\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"+strings.ReplaceAll(aSession, "=", "=3D"))},
		"binary": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "Content-Transfer-Encoding: binary\r\n"+anSDP)},
		"one part is packed": {"Content-Type: multipart/mixed;boundary=b1\r\n",
			multipartOf("b1", "Content-Encoding: gzip\r\n"+other, anSDP)},
	} {
		m := bodied(t, c.fields, c.body)
		if got := string(contentOf(m, accepted).body); got != aSession && got != strings.TrimSuffix(aSession, "\r\n") {
			t.Errorf("%s: found %q", name, got)
		}
		if came := contentOf(m, accepted).unsupported; came != "" {
			t.Errorf("%s: what came is told as %q", name, came)
		}
	}
}

func TestWhatCameInPlaceOfSDP(t *testing.T) {
	deep := anSDP
	for i := range 6 {
		b := fmt.Sprint("b", i)
		deep = "Content-Type: multipart/mixed;boundary=" + b + "\r\n\r\n" + multipartOf(b, deep)
	}
	for name, c := range map[string]struct{ fields, body, want string }{
		"nothing":         {"Content-Type: text/plain\r\n", "", ""},
		"text":            {"Content-Type: text/plain; charset=utf-8\r\n", "v=0\r\n", "Content-Type text/plain; charset=utf-8"},
		"packed":          {"Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n", "\x1f\x8b", "Content-Type application/sdp, Content-Encoding gzip"},
		"packed, compact": {"c: application/sdp\r\ne: deflate\r\n", "x", "Content-Type application/sdp, Content-Encoding deflate"},
		"no boundary":     {"Content-Type: multipart/mixed\r\n", multipartOf("b1", anSDP), "Content-Type multipart/mixed, without a boundary"},
		"parts":           {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", aText, anISU), "Content-Type multipart/mixed with text/plain and application/ISUP;version=itu-t92+"},
		"another boundary": {"Content-Type: multipart/mixed;boundary=b2\r\n", multipartOf("b1", anSDP),
			"Content-Type multipart/mixed, in which no part can be read"},
		"a part without a type": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "\r\nv=0\r\n"), "Content-Type multipart/mixed with text/plain"},
		"a packed part": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "Content-Encoding: gzip\r\n"+anSDP),
			"Content-Type multipart/mixed with application/sdp, Content-Encoding gzip"},
		"a part that is no base64": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "Content-Transfer-Encoding: base64\r\n"+anSDP),
			"Content-Type multipart/mixed with application/sdp, Content-Transfer-Encoding base64"},
		"nested": {"Content-Type: multipart/mixed;boundary=b1\r\n", multipartOf("b1", "Content-Type: multipart/alternative;boundary=b2\r\n\r\n"+multipartOf("b2", aText)),
			"Content-Type multipart/mixed with multipart/alternative with text/plain"},
		"too deep": {"Content-Type: multipart/mixed;boundary=b\r\n", multipartOf("b", deep),
			"Content-Type multipart/mixed with multipart/mixed with multipart/mixed with multipart/mixed with mul…"},
		"an early session": {"Content-Type: application/sdp\r\nContent-Disposition: early-session;handling=optional\r\n", aSession,
			"Content-Type application/sdp, Content-Disposition early-session"},
		"a long type": {"Content-Type: x/" + strings.Repeat("y", 200) + "\r\n", "z", "Content-Type x/" + strings.Repeat("y", 98) + "…"},
	} {
		m := bodied(t, c.fields, c.body)
		if got := contentOf(m, accepted).unsupported; got != c.want || contentOf(m, accepted).body != nil {
			t.Errorf("%s: told as\n%q, want\n%q; found %q", name, got, c.want, contentOf(m, accepted).body)
		}
	}
}

func FuzzContent(f *testing.F) {
	f.Add("multipart/mixed;boundary=b1", "", multipartOf("b1", aText, anSDP))
	f.Add("multipart/related;boundary=b1;start=\"<a>\"", "", multipartOf("b1", "Content-ID: <a>\r\nContent-Type: multipart/alternative;boundary=b2\r\n\r\n"+multipartOf("b2", aText, anSDP)))
	f.Add("application/sdp", "gzip", aSession)
	f.Add("multipart/mixed;boundary=\"\\\"\"", "identity", "--\"\r\nContent-Transfer-Encoding: base64\r\nContent-Type: application/sdp\r\n\r\nAAAA")
	f.Fuzz(func(t *testing.T, contentType, encoding, body string) {
		m := sipmsg.NewResponse(200, "OK")
		m.AppendHeader(sipmsg.NewHeader("Content-Type", contentType))
		m.AppendHeader(sipmsg.NewHeader("Content-Encoding", encoding))
		m.SetBody([]byte(body))
		c := contentOf(m, accepted)
		switch {
		case c.mediaType != "" && (c.mediaType != accepted || c.unsupported != ""):
			t.Errorf("found %+v", c)
		case c.mediaType == "" && (c.body != nil || c.unsupported == "" && body != ""):
			t.Errorf("found nothing, and told %+v", c)
		case len(c.body) > len(body):
			t.Errorf("%d bytes were found in %d", len(c.body), len(body))
		case hasControl(c.unsupported) || len(c.unsupported) > 400:
			t.Errorf("told as %q", c.unsupported)
		}
	})
}
