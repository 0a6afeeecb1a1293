package platform

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Execution is the view of one run of a flow.
type Execution struct {
	ID        string                     `json:"flow_execution_id"`
	FlowID    string                     `json:"flow_id"`
	Status    string                     `json:"status"`
	Variables map[string]json.RawMessage `json:"variables"`
	Steps     []Step                     `json:"steps"`
}

// Step is one executed step.
type Step struct {
	Order     int     `json:"order"`
	Name      string  `json:"name"`
	Component string  `json:"component"`
	Exit      string  `json:"exit"`
	Duration  float64 `json:"duration_ms"`
	SIP       *struct {
		Code       int             `json:"code"`
		Reason     string          `json:"reason"`
		Cause      json.RawMessage `json:"cause"`
		Trunk      string          `json:"trunk"`
		EndedBy    string          `json:"ended_by"`
		ReasonText string          `json:"reason_text"`
		CallInfo   string          `json:"call_info"`
	} `json:"sip"`
	Error json.RawMessage `json:"error"`
}

// Final tells whether the status can change no more.
func (e Execution) Final() bool {
	switch e.Status {
	case "finished", "failed", "cancelled", "interrupted":
		return true
	}
	return false
}

// Step returns the first step of the component, nil when there is none.
func (e Execution) Step(component string) *Step {
	for i := range e.Steps {
		if e.Steps[i].Component == component {
			return &e.Steps[i]
		}
	}
	return nil
}

// Variable returns the variable's value as text.
func (e Execution) Variable(name string) string {
	var text string
	if json.Unmarshal(e.Variables[name], &text) == nil {
		return text
	}
	return string(e.Variables[name])
}

// String is the run in one line: status, then each step with its exit.
func (e Execution) String() string {
	var b strings.Builder
	b.WriteString(e.Status)
	for _, s := range e.Steps {
		fmt.Fprintf(&b, " · %s→%s", s.Component, s.Exit)
		if s.SIP != nil {
			fmt.Fprintf(&b, "(%d)", s.SIP.Code)
		}
	}
	return b.String()
}
