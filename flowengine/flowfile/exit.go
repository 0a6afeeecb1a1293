package flowfile

// Exit is a named way out of a step, in snake case.
type Exit string

// Exits that the engine itself or more than one component knows.
const (
	ExitOK            Exit = "ok"
	ExitError         Exit = "error"
	ExitAnswered      Exit = "answered"
	ExitBusy          Exit = "busy"
	ExitBlocked       Exit = "blocked" // a case of busy: the network refused the call, and nobody was asked
	ExitInvalidNumber Exit = "invalid_number"
	ExitNoAnswer      Exit = "no_answer"
	ExitTimeout       Exit = "timeout"
	ExitCallAborted   Exit = "call_aborted" // the contact hung up while we rang somebody
)
