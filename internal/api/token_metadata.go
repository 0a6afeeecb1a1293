package api

import (
	"net/http"
	"net/url"
	"strings"

	"ringflow/internal/auth"
)

// Where clients look for the metadata of an issuer: RFC 8414 §3, and its §5 for
// those that know the path of OpenID Connect alone.
const (
	metadataPath       = "/.well-known/oauth-authorization-server"
	openIDMetadataPath = "/.well-known/openid-configuration"
)

// metadataBody describes the issuer (RFC 8414 §2). ResponseTypes is required and has
// none, because there is no authorization endpoint.
type metadataBody struct {
	Issuer        string   `json:"issuer" doc:"The URL that clients reach the API at, http.url of the configuration; without one, the address that the request came to."`
	TokenEndpoint string   `json:"token_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SigningAlgs   []string `json:"token_endpoint_auth_signing_alg_values_supported" doc:"What a client_assertion may be signed with."`
	GrantTypes    []string `json:"grant_types_supported"`
	ResponseTypes []string `json:"response_types_supported" doc:"None: there is no authorization endpoint."`
	Scopes        []string `json:"scopes_supported"`
	Manual        string   `json:"service_documentation"`
}

func metadataRoutes() []route {
	about := "Show what the issuer of tokens supports (RFC 8414)."
	answers := []content{{status: 200, sample: metadataBody{}}}
	return []route{
		{method: http.MethodGet, path: metadataPath, handle: (*api).metadata, summary: about, answers: answers},
		{method: http.MethodGet, path: openIDMetadataPath, handle: (*api).metadata, answers: answers,
			summary: "The same, for clients that look where OpenID Connect has it (RFC 8414 §5). There are no identity tokens."},
	}
}

// metadata describes the issuer: GET /.well-known/oauth-authorization-server, and
// below it the path of the issuer, if it has one (RFC 8414 §3.1).
func (a *api) metadata(req *request) (any, error) {
	base := a.base(req.Request)
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	if !a.config.Issuer.TakesFormSecret() {
		methods = []string{"client_secret_basic", "private_key_jwt"}
	}
	return metadataBody{
		Issuer: base, TokenEndpoint: base + tokenPath, AuthMethods: methods, SigningAlgs: auth.Algorithms(),
		GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{}, Scopes: auth.Scopes(), Manual: base + "/docs",
	}, nil
}

// issuerPath is the path of the issuer's URL, "" if it has none. A proxy keeps it
// from all requests but those for metadata, which have it behind the well-known
// path.
func issuerPath(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}
