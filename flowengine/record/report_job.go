package record

import (
	"errors"
	"time"
)

// ReportJob is a stored request for a report, which can be fetched again: it covers what
// had been accepted at the request.
type ReportJob struct {
	ID      string // 32 hex digits
	Account string
	// Request is the request in the API's encoding.
	Request   []byte
	CreatedAt time.Time
}

// ReportJobLifetime is for how long a job is stored.
const ReportJobLifetime = 30 * 24 * time.Hour

// ErrNoReportJob: the account has no job of this id, or no longer.
var ErrNoReportJob = errors.New("there is no report job of this id")
