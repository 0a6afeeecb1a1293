package api

import (
	"context"
	"errors"
	"sync"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// versionNames is what people call the parts of a version.
type versionNames struct {
	flow        string
	description string            // the flow's description
	steps       map[string]string // by step id
}

// maxVersionNames bounds the versions whose names are remembered.
const maxVersionNames = 1000

// versionNameCache remembers the names in versions, which never change.
type versionNameCache struct {
	titles map[string]string // of components, by name

	mu        sync.Mutex // guards byVersion
	byVersion map[string]versionNames
}

func titlesOf(cs []flowfile.Component) map[string]string {
	titles := make(map[string]string)
	for _, c := range cs {
		titles[c.Spec().Name] = c.Spec().Title
	}
	return titles
}

// versionNames returns the names in a version. One that is gone or cannot be read has
// none.
func (a *api) versionNames(ctx context.Context, id string) (versionNames, error) {
	a.names.mu.Lock()
	n, known := a.names.byVersion[id]
	a.names.mu.Unlock()
	if known {
		return n, nil
	}
	v, err := a.config.Versions.Version(ctx, id)
	if err == nil {
		n = versionNamesOf(v)
	} else if !errors.Is(err, record.ErrNoFlow) {
		return n, err
	}
	a.names.mu.Lock()
	defer a.names.mu.Unlock()
	if a.names.byVersion == nil || len(a.names.byVersion) >= maxVersionNames {
		a.names.byVersion = make(map[string]versionNames)
	}
	a.names.byVersion[id] = n
	return n, nil
}

func versionNamesOf(v record.Version) versionNames {
	flow, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		return versionNames{flow: v.Name, description: v.Description}
	}
	n := versionNames{flow: flow.Name, description: flow.Description, steps: make(map[string]string)}
	for _, s := range flow.Steps {
		n.steps[s.ID] = s.Name()
	}
	return n
}
