package resource

import (
	"fmt"
	"unicode/utf8"
)

// maxSecret is the longest secret in bytes; a private key in PEM has about 3,200.
const maxSecret = 16 << 10

type secretSettings struct {
	Value string `json:"value" doc:"Text of at most 16,384 bytes, taken as it is. It is never shown again."`
}

// secretBody shows a secret without its value.
type secretBody struct{ Metadata }

func secretKind() *Kind {
	return &Kind{
		Name: "secret", Plural: "secrets", Doc: "secrets, which connections and webhooks name; what they hold is written and never shown",
		Settings: secretSettings{}, Shown: secretBody{}, read: read[secretSettings],
	}
}

func (k secretSettings) secretNames() []string { return nil }
func (k secretSettings) show(m Metadata) any   { return secretBody{m} }

func (k secretSettings) resolve(environment) (any, error) {
	switch {
	case k.Value == "":
		return nil, FieldErrors{{Name: "value", Description: "it is empty"}}
	case len(k.Value) > maxSecret:
		return nil, FieldErrors{{Name: "value", Description: fmt.Sprintf("at most %d bytes are kept", maxSecret)}}
	case !utf8.ValidString(k.Value):
		return nil, FieldErrors{{Name: "value", Description: "it is not UTF-8: write it in base64"}}
	}
	return k.Value, nil
}
