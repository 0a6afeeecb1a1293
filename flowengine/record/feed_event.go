package record

// FeedEvent is an event as those hear of it who follow more than one execution.
type FeedEvent struct {
	Account   string
	Execution ExecutionID
	FlowID    string
	Row       int64 // of the record that it stands in, see Cursor
	Event     Event
}

// Cursor is a place in the order in which a record has written the events of all
// executions: what stands before it is known. Whoever gave it alone may read it.
type Cursor struct {
	Row int64 // of the record, known to its end
	Seq int   // of the row that follows, known up to this event
}
