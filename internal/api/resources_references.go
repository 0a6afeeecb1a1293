package api

import (
	"context"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/resource"
)

// flowReferences returns what of the account's published flows and drafts names
// resources of a kind: paths under /v1, by name.
func (a *api) flowReferences(ctx context.Context, account string, k *resource.Kind) (map[string][]string, error) {
	if k.References == nil {
		return nil, nil
	}
	published, err := a.config.Versions.Flows(ctx, account)
	if err != nil {
		return nil, err
	}
	drafts, err := a.config.Versions.Drafts(ctx, account)
	return a.references(append(published, drafts...), func(v record.Version) string {
		if v.Status == record.Draft {
			return "flows/" + v.FlowID + "/draft"
		}
		return "flows/" + v.FlowID
	}, k.References), err
}

// promptReferences returns the ids of the account's published flows by the prompts that
// they name.
func (a *api) promptReferences(req *request) (map[string][]string, error) {
	published, err := a.config.Versions.Flows(req.Context(), req.Account)
	return a.references(published, func(v record.Version) string { return v.FlowID }, func(env *flowfile.Environment, use func(name string)) {
		env.HasPrompt = func(name string) bool { use(name); return true }
	}), err
}

// references returns the versions, as shown, by the names that they use. A check of a
// version asks the environment that collect has made for every name that the flow has,
// wherever the component of a step has it.
func (a *api) references(versions []record.Version, shown func(record.Version) string, collect func(env *flowfile.Environment, use func(name string))) map[string][]string {
	users := make(map[string][]string)
	for _, v := range versions {
		flow, err := flowfile.Parse(v.FlowID, v.Definition)
		if err != nil {
			continue // a draft that is no flow yet, or a version of an older program
		}
		var env flowfile.Environment
		seen := make(map[string]bool)
		collect(&env, func(name string) {
			if !seen[name] {
				seen[name] = true
				users[name] = append(users[name], shown(v))
			}
		})
		flowfile.Check(flow, a.config.Components, env)
	}
	return users
}
