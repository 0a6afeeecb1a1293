package record

// NotDialled are the numbers of a call for which no INVITE left, such as one that
// is no valid number, as the step had them, cut after 64 characters.
type NotDialled struct {
	From string `json:"from,omitempty" doc:"The number that it was to leave from; of a step that forwards, it is not told."`
	To   string `json:"to" doc:"The number that was to be called."`
}
