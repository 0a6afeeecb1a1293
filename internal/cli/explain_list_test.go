package cli

import "testing"

// What is not found is looked for in the list of its own kind.
func TestListOfWhatIsNotFound(t *testing.T) {
	for operation, want := range map[string]string{
		"createFlowInteraction": "flow list", "publishFlow": "flow list", "deleteFlow": "flow list", "flowRequest": "flow list", "flowVersions": "flow list",
		"executions": "flow list", "calls": "flow list", "reportsStudioFlowExecution": "flow list", "reportsStudioFlowExecutionTotals": "flow list",
		"execution": "executions", "cancelExecution": "executions", "executionEvents": "executions", "call": "calls",
		"deletePrompt": "prompt list", "deleteSecret": "secret list", "deleteConnection": "connection list", "deleteFunction": "function list",
		"deleteWebhook": "webhook list", "rotateWebhook": "webhook list",
	} {
		if got := listOf(operation); got != want {
			t.Errorf("%s: %s, want %s", operation, got, want)
		}
	}
}
