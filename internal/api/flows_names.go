package api

import (
	"errors"
	"sync"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// naming is what people call the parts of a version.
type naming struct {
	flow  string
	about string            // the flow's description
	steps map[string]string // by step id
}

// maxNamings bounds the versions whose names are remembered.
const maxNamings = 1000

// flowNames remembers the names in versions, which never change. Its methods
// may be called by several goroutines.
type flowNames struct {
	titles map[string]string // of components, by name

	mu        sync.Mutex
	byVersion map[string]naming
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
func (f *flowNames) of(id string, read func() (record.Version, error)) (naming, error) {
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
		return naming{}, err
	default:
		n = namesIn(v)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byVersion == nil || len(f.byVersion) >= maxNamings {
		f.byVersion = make(map[string]naming)
	}
	f.byVersion[id] = n
	return n, nil
}

func namesIn(v record.Version) naming {
	flow, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		return naming{flow: v.Name, about: v.Description}
	}
	n := naming{flow: flow.Name, about: flow.Description, steps: make(map[string]string)}
	for _, s := range flow.Steps {
		n.steps[s.ID] = s.Name()
	}
	return n
}
