package flowengine

// News is an event as those hear of it who follow more than one execution.
type News struct {
	Execution ExecutionID
	FlowID    string
	Event     Event
}

// Mark is a place in the order in which a record has written the events of all
// executions: what stands before it is known. Whoever gave it alone may read it.
type Mark struct {
	Commit int64 // known to its end
	Parts  int   // of the commit that follows, known to their ends
	Seq    int   // of the part that follows, known up to this event
}
