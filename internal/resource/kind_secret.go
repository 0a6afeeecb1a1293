package resource

import (
	"fmt"
	"unicode/utf8"

	"ringflow/internal/strict"
)

// maxSecret is the longest secret in bytes; a private key in PEM has about 3,200.
const maxSecret = 16 << 10

type secretSettings struct {
	Value string `json:"value" doc:"Text of at most 16,384 bytes, taken as it is. It is never shown again."`
}

// secretBody shows a secret without its value.
type secretBody struct{ Metadata }

func secretKind() *Kind {
	return definition[secretSettings, secretSettings, string, secretBody]{
		Kind: Kind{
			Name: "secret", Plural: "secrets", Doc: "secrets, which connections and webhooks name; what they hold is written and never shown",
		},
		Resolve: func(_ environment, k secretSettings) (string, error) {
			switch {
			case k.Value == "":
				return "", FieldErrors{{Name: "value", Description: "it is empty"}}
			case len(k.Value) > maxSecret:
				return "", FieldErrors{{Name: "value", Description: fmt.Sprintf("at most %d bytes are kept", maxSecret)}}
			case !utf8.ValidString(k.Value):
				return "", FieldErrors{{Name: "value", Description: "it is not UTF-8: write it in base64"}}
			}
			return k.Value, nil
		},
		Show: func(f Metadata, _ secretSettings) secretBody { return secretBody{f} },
	}.kind()
}

// secretNamed returns the secret that a field names. The error does not repeat the
// name, which may be the secret itself.
func (env environment) secretNamed(field, name string) (string, error) {
	value, known := env.secret(name)
	if known {
		return value, nil
	}
	what := "no secret is stored under this name: write it first (PUT /v1/secrets/NAME)"
	if near := strict.Nearest(name, env.secrets()); near != "" {
		what = "no secret is stored under this name: did you mean " + near + "?"
	}
	return "", FieldErrors{{Name: field, Description: what}}
}
