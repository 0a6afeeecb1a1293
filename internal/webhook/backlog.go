package webhook

import "time"

// Backlog is what a hook has not taken.
type Backlog struct {
	Waiting int       // letters that are to be sent
	Oldest  time.Time // when the oldest of them was written; zero without any
	Dead    int       // letters that were given up
}
