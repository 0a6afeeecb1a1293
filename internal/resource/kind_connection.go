package resource

import (
	"cmp"
	"context"
	"errors"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/connection"
	"ringflow/internal/secret"
)

type connectionSettings struct {
	Base    string       `json:"base" doc:"Base address, such as https://api.example.com/v2."`
	Private bool         `json:"private,omitempty" doc:"Loopback, private and link-local addresses and plain http are allowed. Only for accounts whose configuration says private_addresses."`
	Auth    authSettings `json:"auth,omitzero" doc:"How the connection proves who it is; without it, it does not."`
}

type authSettings struct {
	Kind       string `json:"kind" enum:"none,basic,bearer,api_key,oauth2_client_credentials,jwt_bearer"`
	User       string `json:"user,omitempty" doc:"basic: the user. It is shown again."`
	SecretName string `json:"secret_name,omitempty" doc:"The name of the secret that holds: basic, the password; bearer, the token; api_key, the key; oauth2_client_credentials, the client secret; jwt_bearer, the RSA private key in PEM."`
	Header     string `json:"header,omitempty" doc:"api_key: the header field that carries the key."`
	Query      string `json:"query,omitempty" doc:"api_key: the query parameter that carries the key, instead of a header field."`
	TokenURL   string `json:"token_url,omitempty" doc:"oauth2_client_credentials, jwt_bearer: where tokens are issued."`
	ClientID   string `json:"client_id,omitempty" doc:"oauth2_client_credentials, jwt_bearer: the client id."`
	Scope      string `json:"scope,omitempty" doc:"oauth2_client_credentials: the scope to ask for."`
	Subject    string `json:"subject,omitempty" doc:"jwt_bearer: the user to act for."`
	Audience   string `json:"audience,omitempty" doc:"jwt_bearer: the login host; without it, that of token_url."`
}

// connectionBody shows a connection.
type connectionBody struct {
	Metadata
	connectionSettings
}

func connectionKind() *Kind {
	return &Kind{
		Name: "connection", Plural: "connections", Doc: "connections: services that flows may talk to over HTTP",
		Settings: connectionSettings{}, Shown: connectionBody{}, read: read[connectionSettings],
		References: func(env *flowfile.Environment, used func(string)) {
			env.HasConnection = func(name string) bool { used(name); return true }
		},
		apply: func(_ context.Context, consumers Consumers, resolved any) error {
			return consumers.Connections.Set(resolved.(connection.Connection))
		},
		remove: func(_ context.Context, consumers Consumers, k Key) { consumers.Connections.Remove(k.Account, k.Name) },
	}
}

func (k connectionSettings) show(m Metadata) any { return connectionBody{m, k} }

func (k connectionSettings) secretNames() []string { return []string{k.Auth.SecretName} }

// resolve checks by the rules of connection.Connection, as the configuration does.
func (k connectionSettings) resolve(env environment) (any, error) {
	c := connection.Connection{Account: env.Account, Name: env.Name, Base: k.Base, Private: k.Private}
	if k.Private && !env.registry.config.Private(env.Account) {
		return c, errPrivate
	}
	a, value := k.Auth, ""
	auth := connection.Auth{Kind: connection.AuthKind(a.Kind), User: secret.Secret(a.User), Header: a.Header, Query: a.Query, TokenURL: a.TokenURL,
		ClientID: a.ClientID, Scope: a.Scope, Subject: a.Subject, Audience: a.Audience}
	named := a.SecretName != ""
	switch {
	case named && (auth.Kind == "" || auth.Kind == connection.None):
		return c, FieldErrors{{Name: "auth.secret_name", Description: "without a kind of authentication there is no place for a secret: give auth.kind"}}
	case !named && auth.Kind == connection.JWTBearer:
		return c, FieldErrors{{Name: "auth.secret_name", Description: "jwt_bearer authentication needs it"}}
	case named:
		var err error
		if value, err = env.secretNamed("auth.secret_name", a.SecretName); err != nil {
			return c, err
		}
	}
	var err error
	if c.Auth, err = auth.WithSecret(value); err == nil {
		err = c.Check()
	}
	return c, renamed(err, map[string]string{"auth.secret": "auth.secret_name", "auth.key": "auth.secret_name"})
}

// errPrivate: only the configuration allows an account to reach the machine's own
// network.
var errPrivate = FieldErrors{{Name: "private", Description: "the account may reach public addresses only: private_addresses in its configuration would allow it"}}

// renamed returns an error whose field has the API's name in place of the
// configuration's.
func renamed(err error, names map[string]string) error {
	f, is := errors.AsType[flowfile.FieldError](err)
	if !is {
		return err
	}
	f.Name = cmp.Or(names[f.Name], f.Name)
	return FieldErrors{f}
}

// FixedConnection is a connection of the configuration. Its user is not shown:
// some services put the key there.
func FixedConnection(c connection.Connection) Fixed {
	a := c.Auth
	return Fixed{
		Key: Key{c.Account, "connection", c.Name}, resolved: c,
		stored: connectionSettings{Base: c.Base, Private: c.Private, Auth: authSettings{Kind: string(a.Kind), Header: a.Header, Query: a.Query,
			TokenURL: a.TokenURL, ClientID: a.ClientID, Scope: a.Scope, Subject: a.Subject, Audience: a.Audience}},
	}
}
