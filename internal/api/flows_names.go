package api

import (
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

// versionNameCache remembers the names in versions, which never change. Its methods
// may be called by several goroutines.
type versionNameCache struct {
	titles map[string]string // of components, by name

	mu        sync.Mutex
	byVersion map[string]versionNames
}

func titlesOf(cs []flowfile.Component) map[string]string {
	titles := make(map[string]string)
	for _, c := range cs {
		titles[c.Spec().Name] = c.Spec().Title
	}
	return titles
}

// of returns the names in a version that read finds. A version that is gone or
// cannot be read has none.
func (f *versionNameCache) of(id string, read func() (record.Version, error)) (versionNames, error) {
	f.mu.Lock()
	n, known := f.byVersion[id]
	f.mu.Unlock()
	if known {
		return n, nil
	}
	v, err := read()
	switch {
	case errors.Is(err, record.ErrNoFlow):
	case err != nil:
		return versionNames{}, err
	default:
		n = versionNamesOf(v)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byVersion == nil || len(f.byVersion) >= maxVersionNames {
		f.byVersion = make(map[string]versionNames)
	}
	f.byVersion[id] = n
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
