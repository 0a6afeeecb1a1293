package api

import "strconv"

// Event streams open at once, where nothing else is configured.
const (
	DefaultStreams        = 1000
	DefaultAccountStreams = 100
)

// enterStream counts one more stream of the account, unless there are too many.
// The caller calls leave once.
func (a *api) enterStream(account string) (leave func(), err error) {
	share := a.config.AccountStreams(account)
	return a.streams.enter(account, share, a.config.Streams,
		"the account may have "+strconv.Itoa(share)+" event streams open", "too many event streams are open")
}
