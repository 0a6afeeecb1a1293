package main

// wanted are the ids of the operations that the client has: those that a program of this
// repository or one of its tests uses. A test holds both.
var wanted = []string{
	"call",
	"calls",
	"callTrace",
	"callTracePcap",
	"cancelExecution",
	"connections",
	"createFlowInteraction",
	"createPrompt",
	"deleteConnection",
	"deleteFlow",
	"deleteFunction",
	"deletePrompt",
	"deleteSecret",
	"deleteWebhook",
	"execution",
	"executionEvents",
	"executions",
	"flowRequest",
	"flowVersions",
	"flows",
	"functions",
	"healthz",
	"prompts",
	"publishFlow",
	"publishFlowVersion",
	"putConnection",
	"putFlowDraft",
	"putFunction",
	"putPrompt",
	"putSecret",
	"putWebhook",
	"reportsStudioFlowExecution",
	"reportsStudioFlowExecutionTotals",
	"rotateWebhook",
	"secrets",
	"trunks",
	"unpublishFlow",
	"webhooks",
}

// ownSchemas are those that the client itself reads, for tokens and refusals.
var ownSchemas = []string{"Token", "TokenRefusal", "Error"}
