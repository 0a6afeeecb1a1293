package auth

import (
	"context"
	"slices"
)

// Scopes that Ringflow's own interfaces ask for.
const (
	ScopeStart     = "flows-interactions:start"
	ScopeFlowsRead = "flows:read"
	ScopeFlows     = "flows:write"
	// Secrets, connections, functions and webhooks.
	ScopeResourcesRead = "flow-resources:read"
	ScopeResources     = "flow-resources:write"
)

// Scopes are all that a client may be granted: those above, and those that
// clients of Talkdesk's APIs know and request.
func Scopes() []string {
	return []string{
		ScopeStart, ScopeFlowsRead, ScopeFlows, ScopeResourcesRead, ScopeResources, "flow-definitions:read", "flow-definitions:write",
		"prompts:read", "prompts:write", "prompts:delete", "data-reports:read", "data-reports:write",
		"recordings:read", "callback:write",
	}
}

// Client is a program that acts for an account. It is immutable once it is
// handed to an Issuer.
type Client struct {
	ID      string
	Account string
	// Secrets are those that are right now, more than one while a secret is
	// being replaced. A client without any proves itself by a key alone.
	Secrets []*SecretHash
	Keys    []PublicKey
	// Scopes are what the client may be granted.
	Scopes []string
	// Disabled refuses the client, and every token it holds, at once.
	Disabled bool
}

// Clients finds clients.
type Clients interface {
	// Client returns the client of this id, false if there is none.
	Client(ctx context.Context, id string) (Client, bool)
	// Hashed reports whether a secret of any client came as a hash.
	Hashed() bool
}

// ClientList is a fixed set of clients, by id.
type ClientList map[string]Client

// Client implements Clients.
func (l ClientList) Client(_ context.Context, id string) (Client, bool) {
	c, known := l[id]
	return c, known
}

// Hashed implements Clients.
func (l ClientList) Hashed() bool {
	for _, c := range l {
		if slices.ContainsFunc(c.Secrets, (*SecretHash).hashed) {
			return true
		}
	}
	return false
}

// Inherit has clients whose secret's hash is the same in an older list go on
// with what was proven there, so that a reload derives no secret again. Call it before the list is in use.
func (l ClientList) Inherit(older ClientList) {
	for id, c := range l {
		for i, s := range c.Secrets {
			if at := slices.IndexFunc(older[id].Secrets, s.same); at >= 0 {
				c.Secrets[i] = older[id].Secrets[at]
			}
		}
	}
}

// knows reports whether candidate is one of the client's secrets: of those that have been
// proven, if right is SecretHash.Knows, or of all, if it is SecretHash.Prove. It compares
// with all of them, so that the time taken does not tell which was right.
func (c Client) knows(candidate string, right func(s *SecretHash, candidate string) bool) bool {
	known := false
	for _, s := range c.Secrets {
		known = right(s, candidate) || known
	}
	return known
}
