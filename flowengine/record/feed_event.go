package record

// FeedEvent is an event of the event feed, which spans executions.
type FeedEvent struct {
	Account   string
	Execution ExecutionID
	FlowID    string
	Row       int64 // of the record, see Cursor
	Event     Event
}

// Cursor is a position in the order in which a record has written the events of all
// executions: the events before it have been read. Only its record interprets it.
type Cursor struct {
	Row int64 // of the record, read to its end
	Seq int   // of the row that follows, read up to this event
}
