package flowfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// CanonicalFlowID returns the form in which a flow's id is kept. Clients write
// a UUID with or without dashes, in either case: all are the same flow. Any
// other id, such as installation-help, stands as it is.
func CanonicalFlowID(id string) string {
	plain := id
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		plain = id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
	}
	if len(plain) != 32 || strings.Trim(plain, "0123456789abcdefABCDEF") != "" {
		return id
	}
	return strings.ToLower(plain)
}

// maxAliases is how many aliases a flow may have.
const maxAliases = 20

// aliasName is what an alias may be: what clients can have in a path.
var aliasName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// IsAlias reports whether a flow can have the alias.
func IsAlias(text string) bool { return aliasName.MatchString(text) }

// AliasError is returned for a flow that cannot be published because one of its
// aliases leads elsewhere already.
type AliasError struct{ Alias, FlowID string }

// Error names both flows' quarrel.
func (e *AliasError) Error() string {
	return fmt.Sprintf("the alias %s leads to flow %s already", e.Alias, e.FlowID)
}

// aliases reads a list of aliases.
func (p *flowParser) aliases(n *yaml.Node) {
	const field, mend = "aliases", "write aliases: [0f3c9a52d1b84e6fa7c2583be9d01746]"
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		p.fail(n.Line, "", field, "a list of ids is needed here, not "+describe(n), mend)
		return
	}
	if len(n.Content) > maxAliases {
		p.fail(n.Line, "", field, fmt.Sprintf("the flow has %d aliases", len(n.Content)), fmt.Sprintf("%d are allowed", maxAliases))
		return
	}
	for _, item := range n.Content {
		id := CanonicalFlowID(item.Value)
		switch {
		case item.Kind != yaml.ScalarNode || !aliasName.MatchString(item.Value):
			p.fail(item.Line, "", field, "an alias has 1 to 64 letters, digits, _, - or .", mend)
		case slices.Contains(p.flow.Aliases, id):
			p.fail(item.Line, "", field, "the alias "+id+" stands twice", "take one away")
		default:
			p.flow.Aliases = append(p.flow.Aliases, id)
		}
	}
}
