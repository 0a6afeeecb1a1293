package prompt

import "ringflow/media"

// SetDecode has files decoded by f. Call it before anything else.
func (l *Library) SetDecode(f func([]byte) (*media.Prompt, error)) { l.decode = f }

// MaxDecoding is how many files are decoded at once.
const MaxDecoding = maxDecoding
