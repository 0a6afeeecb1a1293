package auth

// Request is one request for a token (RFC 6749 §4.4.2), its fields as they
// were sent. At most one of Basic, Secret and Assertion may be used.
type Request struct {
	GrantType string
	Scope     string // separated by spaces; empty asks for all that is granted

	// Basic is the content of an Authorization header of the scheme Basic.
	Basic *Basic
	// ClientID and Secret come from the form. ClientID alone proves nothing and
	// must name the same client as the rest.
	ClientID string
	Secret   string
	// AssertionType and Assertion come from the form (RFC 7521 §4.2).
	AssertionType string
	Assertion     string
	// Audiences are aud values that an assertion may carry because of where the
	// request came to, besides IssuerConfig.Audiences. They are the caller's own
	// and never what the sender says.
	Audiences []string

	// From is the place that the request comes from, such as an address: places
	// take turns where secrets are slow to check.
	From string
}

// InBody reports whether the client says in the body who it is.
func (r Request) InBody() bool {
	return r.ClientID != "" || r.Secret != "" || r.AssertionType != "" || r.Assertion != ""
}

// Basic is user and password of an Authorization header, not yet form-decoded.
type Basic struct{ User, Password string }

// String hides the password from logs and errors.
func (b Basic) String() string { return b.User + ":***" }

// GoString hides the password from %#v.
func (b Basic) GoString() string { return b.String() }

// Codes of Error (RFC 6749 §5.2).
const (
	InvalidRequest       = "invalid_request"
	InvalidClient        = "invalid_client"
	InvalidScope         = "invalid_scope"
	UnsupportedGrantType = "unsupported_grant_type"
)

// Error is a refusal of a request for a token.
type Error struct {
	Code        string // one of the codes above
	Description string // for the client; tells nothing that a stranger may not know
	Reason      string // for the operator's log; never holds a secret
}

// Error gives the code and the operator's reason.
func (e *Error) Error() string { return e.Code + ": " + e.Reason }

// refuse returns an Error whose description is the reason.
func refuse(code, reason string) *Error {
	return &Error{Code: code, Description: reason, Reason: reason}
}

// unproven refuses a client. The description does not say whether the client exists: the
// reason, for the log, does.
func unproven(reason string) *Error {
	return &Error{Code: InvalidClient, Description: "client authentication failed", Reason: reason}
}
