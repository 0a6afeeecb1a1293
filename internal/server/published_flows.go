package server

import (
	"context"
	"fmt"
	"slices"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
)

// publishedProblem names a published version and one of its problems.
type publishedProblem struct {
	account, version string
	problem          flowfile.Problem
}

// publishedProblems finds what published flows need and their accounts have no more,
// such as a number, a prompt or a destination.
func (s *Server) publishedProblems(ctx context.Context) ([]publishedProblem, error) {
	var all []publishedProblem
	for _, name := range s.cfg.AccountNames() {
		versions, err := s.store.Flows(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("check the published flows of %s: %w", name, err)
		}
		has := s.environment(s.account(name))
		has.FunctionFaults, has.Render = nil, nil // a version does not change
		for _, v := range versions {
			f, err := flowfile.Parse(v.FlowID, v.Definition)
			if err != nil {
				continue // no version that cannot be read is published
			}
			for _, p := range flowfile.Failing(flowfile.Check(f, components.All(), has)) {
				all = append(all, publishedProblem{name, v.ID, p})
			}
		}
	}
	return all, nil
}

// warnOfNewProblems logs the problems of published flows that were not there before.
func (s *Server) warnOfNewProblems(ctx context.Context, before []publishedProblem) error {
	now, err := s.publishedProblems(ctx)
	if err != nil {
		return err
	}
	for _, u := range now {
		if !slices.Contains(before, u) {
			s.log.Warn("a published flow relies on what its account does not have", "account", u.account, "problem", u.problem.String())
		}
	}
	return nil
}

// warnOfPublished logs the problems of published flows at the start.
func (s *Server) warnOfPublished(ctx context.Context, _ string, _ Hooks) error {
	return s.warnOfNewProblems(ctx, nil)
}
