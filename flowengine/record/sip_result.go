package record

import (
	"strconv"
	"strings"
)

// SIPResult is a SIP response as received. Its texts are bounded, and hold no control
// characters.
type SIPResult struct {
	Code   int    `json:"code"`
	Reason string `json:"reason,omitempty"`
	Cause  int    `json:"cause,omitempty"` // Q.850, from the Reason header field (RFC 3326)
	Trunk  string `json:"trunk,omitempty"`
	// TrunkReason is empty where the account has one trunk, which takes every call.
	TrunkReason string    `json:"trunk_reason,omitempty" doc:"Why the call left over this trunk, such as \"+4930123456 matches prefix +49\", and which were passed over; not there if the account has no other."`
	Attempts    []Attempt `json:"attempts,omitempty" doc:"Each target that was tried, in order; not there if one was."`
	// EndedBy is set on the result of a step alone.
	EndedBy    EndedBy `json:"ended_by,omitempty" doc:"Only of a step, and of a call that was not answered: who ended it, as ended_by of its leg."`
	ReasonText string  `json:"reason_text,omitempty" doc:"The text of the Reason header field (RFC 3326); of a call that the network blocked, whom to turn to for redress (ATIS-1000099)."`
	Location   string  `json:"location,omitempty" doc:"Where the call was released, as Reason names it (RFC 8606): LN, TN, RLN, LPN, RPN and others."`
	Warning    string  `json:"warning,omitempty" doc:"The text of the Warning header field (RFC 3261, 20.43), behind its code and who warns."`
	Verstat    string  `json:"verstat,omitempty" doc:"What the network says about the verification of telephone numbers (STIR/SHAKEN): the verstat parameter of P-Asserted-Identity (TS 24.229), or a carrier's own header field, behind its name."`
	CallInfo   string  `json:"call_info,omitempty" doc:"The URI in the Call-Info header field: of a 608, a signed jCard with whom to turn to (RFC 8688)."`
}

// Attempt is one INVITE to a target of a trunk, credentials apart, and what came of it.
type Attempt struct {
	Trunk  string `json:"trunk"`
	Target string `json:"target,omitempty"`
	Code   int    `json:"code,omitempty" doc:"The final SIP answer; not there if none came."`
	Reason string `json:"reason,omitempty"`
	Error  string `json:"error,omitempty" doc:"Why no answer came; or what was done after the answer, at the same target."`
}

// Text is the attempt as one phrase.
func (a Attempt) Text() string {
	at := "trunk " + a.Trunk
	if a.Target != "" {
		at += " at " + a.Target
	}
	var parts []string
	if a.Code != 0 {
		parts = append(parts, strings.TrimSpace(strconv.Itoa(a.Code)+" "+a.Reason))
	}
	if a.Error != "" {
		parts = append(parts, a.Error)
	}
	return at + ": " + strings.Join(parts, ", ")
}

// IsZero reports whether there is no result.
func (r SIPResult) IsZero() bool {
	return r.Attempts == nil && r.Code == 0 && r.Reason == "" && r.Cause == 0 && r.Trunk == "" && r.EndedBy == "" && r.Explanation() == "" && r.Location == ""
}

// Explanation is the header fields of the response that explain it, each behind its
// name; empty if there are none.
func (r SIPResult) Explanation() string {
	var parts []string
	for _, field := range [][2]string{{"Reason: ", r.ReasonText}, {"Warning: ", r.Warning}, {"Call-Info: ", r.CallInfo}} {
		if field[1] != "" {
			parts = append(parts, field[0]+field[1])
		}
	}
	return strings.Join(parts, " | ")
}

// NotDialled are the numbers of a call for which no INVITE left, such as one that
// is no valid number, as the step had them, cut after 64 characters.
type NotDialled struct {
	From string `json:"from,omitempty" doc:"The number that it was to leave from; of a step that forwards, it is not told."`
	To   string `json:"to" doc:"The number that was to be called."`
}
