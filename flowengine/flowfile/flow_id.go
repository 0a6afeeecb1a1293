package flowfile

import "strings"

// CanonicalFlowID returns the form in which a flow's id is kept. Clients write
// a UUID with or without dashes, in either case: all are the same flow. Any
// other id, such as installation-help, stands as it is.
func CanonicalFlowID(id string) string {
	plain := id
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' {
		plain = id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
	}
	if len(plain) != 32 || strings.Trim(plain, "0123456789abcdefABCDEF") != "" {
		return id
	}
	return strings.ToLower(plain)
}
