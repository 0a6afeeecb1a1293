package api

import (
	"context"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/resource"
)

// flowReferences returns what of the account's published flows and drafts names
// resources of a kind: paths under /v1, by name. A check asks for every name
// that a flow has, wherever the component of a step has it.
func (a *api) flowReferences(ctx context.Context, account string, k *resource.Kind) (map[string][]string, error) {
	if k.References == nil {
		return nil, nil
	}
	published, err := a.config.Versions.Flows(ctx, account)
	if err != nil {
		return nil, err
	}
	drafts, err := a.config.Versions.Drafts(ctx, account)
	if err != nil {
		return nil, err
	}
	use := make(map[string][]string)
	for _, v := range append(published, drafts...) {
		flow, err := flowfile.Parse(v.FlowID, v.Definition)
		if err != nil {
			continue // a draft that is no flow yet, or a version of an older program
		}
		path := "flows/" + v.FlowID
		if v.Status == record.Draft {
			path += "/draft"
		}
		var env flowfile.Environment
		seen := make(map[string]bool)
		k.References(&env, func(name string) {
			if !seen[name] {
				seen[name] = true
				use[name] = append(use[name], path)
			}
		})
		flowfile.Check(flow, a.config.Components, env)
	}
	return use, nil
}
