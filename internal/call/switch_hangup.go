package call

import (
	"ringflow/flowengine/record"
	"ringflow/sip"
)

// HangUp ends the legs of an execution that live because somebody asked for it, in
// whatever state they are; with an id, that leg alone. It says how many, 0 if the
// account has none such, and returns at once: the journal tells when a leg has
// ended, and the flow goes on as if the other side had hung up. It asks the table
// of legs and no record, which may lag behind or fail.
func (x *Switch) HangUp(account string, execution record.ExecutionID, leg string) (legs int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for l := range x.legs {
		if l.account == account && l.execution == execution && (leg == "" || l.id == leg) {
			l.apiHangup.Store(true)
			l.session.Hangup(sip.Cause{Q850: 16})
			legs++
		}
	}
	return legs
}
