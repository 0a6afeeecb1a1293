// Package api serves HTTP: tokens, the start of interactions, the state of
// executions, health and metrics.
package api
