package main

import (
	"context"
	"fmt"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
)

// published names a published version and one of its problems.
type published struct {
	account, version string
	problem          flowengine.Problem
}

// unfit finds what published flows rely on and their accounts do not have, such as
// a number, a prompt or a destination: what was there when they were published.
func (s *server) unfit(ctx context.Context) ([]published, error) {
	var all []published
	for _, name := range s.cfg.AccountNames() {
		versions, err := s.store.Flows(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("look at the published flows of %s: %w", name, err)
		}
		has := s.environment(s.running(name))
		has.UnderstandsFunctions, has.Render = nil, nil // what a version says does not change
		for _, v := range versions {
			f, err := flowengine.Parse(v.FlowID, v.Definition)
			if err != nil {
				continue // no version that cannot be read is published
			}
			for _, p := range flowengine.Failing(flowengine.Check(f, components.All(), has)) {
				all = append(all, published{name, v.ID, p})
			}
		}
	}
	return all, nil
}

// doubtFlows warns of what published flows rely on and their accounts do not have
// any more, but for what was so before.
func (s *server) doubtFlows(ctx context.Context, before []published) error {
	now, err := s.unfit(ctx)
	if err != nil {
		return err
	}
	known := make(map[published]bool, len(before))
	for _, u := range before {
		known[u] = true
	}
	for _, u := range now {
		if !known[u] {
			s.log.Warn("a published flow relies on what its account does not have", "account", u.account, "problem", u.problem.String())
		}
	}
	return nil
}

// doubtPublished is doubtFlows at the start.
func (s *server) doubtPublished(ctx context.Context, _ string, _ hooks) error {
	return s.doubtFlows(ctx, nil)
}
