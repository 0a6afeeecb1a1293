package flowengine

// Undialled are the numbers of a call for which no INVITE left, such as one that
// is no valid number, as the step had them, cut after 64 characters.
type Undialled struct {
	From string `json:"from,omitempty" doc:"The number that it was to leave from; of a step that forwards, it is not told."`
	To   string `json:"to" doc:"The number that was to be called."`
}

// longestUndialled is how much of a number is kept: what is longer is none.
const longestUndialled = 64

// notDialled notes the numbers of a call for which no INVITE left.
func (t *Turn) notDialled(from, to string) {
	cut := func(s string) string {
		if r := []rune(s); len(r) > longestUndialled {
			return string(r[:longestUndialled])
		}
		return s
	}
	t.undialled = &Undialled{From: cut(from), To: cut(to)}
}
