package flowtest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// Memory is an Executions, and the Versions of one flow, in memory. Its methods
// may be called by several goroutines.
type Memory struct {
	// Flow is what every flow ID stands for.
	Flow []byte

	mu         sync.Mutex // guards what follows
	executions map[record.ExecutionID]*StoredExecution
}

// StoredExecution is what a Memory holds of one execution.
type StoredExecution struct {
	record.Execution
	Began  int // calls of Begin
	Events []record.Event
	Ends   []record.Ending

	ended chan struct{} // closed by the first of Ends
}

// Published implements flowengine.Versions.
func (m *Memory) Published(_ context.Context, account, flowID string) (record.Version, error) {
	return record.Version{ID: "v1", FlowID: flowID, Account: account, Number: 1, Status: record.Published, Definition: m.Flow}, nil
}

// Version implements flowengine.Versions.
func (m *Memory) Version(ctx context.Context, id string) (record.Version, error) {
	return m.Published(ctx, "", "flow")
}

// of runs f with what is stored of an execution.
func (m *Memory) of(id record.ExecutionID, f func(*StoredExecution)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.executions == nil {
		m.executions = map[record.ExecutionID]*StoredExecution{}
	}
	k := m.executions[id]
	if k == nil {
		k = &StoredExecution{ended: make(chan struct{})}
		m.executions[id] = k
	}
	f(k)
}

// Accept implements flowengine.Executions.
func (m *Memory) Accept(_ context.Context, x record.Execution) error {
	m.of(x.ID, func(k *StoredExecution) { k.Execution = x })
	return nil
}

// AcceptAndBegin implements flowengine.Executions.
func (m *Memory) AcceptAndBegin(_ context.Context, x record.Execution, _ time.Time, first ...record.Event) error {
	m.of(x.ID, func(k *StoredExecution) {
		k.Execution = x
		k.Began++
		k.Events = append(k.Events, first...)
	})
	return nil
}

// Accepted implements flowengine.Executions.
func (m *Memory) Accepted(_ context.Context, id record.ExecutionID) (record.Execution, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := m.executions[id]
	if k == nil {
		return record.Execution{}, record.ErrNoExecution
	}
	return k.Execution, nil
}

// Begin implements flowengine.Executions.
func (m *Memory) Begin(_ context.Context, id record.ExecutionID, _ time.Time, first ...record.Event) error {
	m.of(id, func(k *StoredExecution) {
		k.Began++
		k.Events = append(k.Events, first...)
	})
	return nil
}

// Append implements flowengine.Executions.
func (m *Memory) Append(id record.ExecutionID, events ...record.Event) {
	m.of(id, func(k *StoredExecution) { k.Events = append(k.Events, events...) })
}

// End implements flowengine.Executions.
func (m *Memory) End(_ context.Context, id record.ExecutionID, end record.Ending) error {
	m.of(id, func(k *StoredExecution) {
		k.Ends = append(k.Ends, end)
		k.Events = append(append(k.Events, end.Before...), end.Last)
		if len(k.Ends) == 1 {
			close(k.ended)
		}
	})
	return nil
}

// Stored returns what is stored of an execution, as it is now.
func (m *Memory) Stored(id record.ExecutionID) StoredExecution {
	var out StoredExecution
	m.of(id, func(k *StoredExecution) {
		out = *k
		out.Events, out.Ends = slices.Clone(k.Events), slices.Clone(k.Ends)
	})
	return out
}

// Ended returns a channel that is closed when the execution has ended.
func (m *Memory) Ended(id record.ExecutionID) <-chan struct{} { return m.Stored(id).ended }

// Executions returns the IDs of all executions, in no order.
func (m *Memory) Executions() []record.ExecutionID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.executions))
}
