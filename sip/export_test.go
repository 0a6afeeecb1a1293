package sip

// Do runs f in the session's goroutine, for tests of what a fault there does.
func (s *Session) Do(f func()) { s.post(f) }
