package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/secret"
)

// A secret prints itself in no verb of fmt, no handler of slog and no encoder,
// neither alone nor inside of other values.
func TestSecretNeverPrintsItself(t *testing.T) {
	const text = "hush-hush"
	s := secret.Secret(text)
	type holder struct {
		S    secret.Secret
		P    *secret.Secret
		List []secret.Secret
		Map  map[string]secret.Secret
	}
	h := holder{s, &s, []secret.Secret{s}, map[string]secret.Secret{"key": s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%10s", "%d"} {
		fmt.Fprintf(&out, verb+"\n", s)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", &h)
	}
	fmt.Fprintln(&out, s, h, fmt.Errorf("secret %v: %w", s, errors.New("is wrong")))
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("log", "secret", s, "holder", h, slog.Group("group", "secret", &s))
	}
	for name, encode := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal, "yaml": yaml.Marshal} {
		for _, v := range []any{s, &s, h.List} {
			text, err := encode(v)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			out.Write(text)
		}
	}
	for _, spelling := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), fmt.Sprintf("% x", text)} {
		if strings.Contains(out.String(), spelling) {
			t.Errorf("a secret is printed:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), "***") || string(s) != text {
		t.Error("nothing stands in the place of a secret, or it has lost its text")
	}
}
