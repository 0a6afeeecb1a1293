package record

import (
	"errors"
	"time"
)

// ReportJob is a request for a report that is kept, so that the report can be
// fetched again: it always covers what had been accepted when it was asked for.
type ReportJob struct {
	ID      string // 32 hex digits
	Account string
	// Request is the job as it was asked for, in the words of whoever serves it.
	Request   []byte
	CreatedAt time.Time
}

// ReportJobLifetime is for how long a job is kept.
const ReportJobLifetime = 30 * 24 * time.Hour

// ErrNoReportJob: the account has no job of this id, or no longer.
var ErrNoReportJob = errors.New("there is no report job of this id")
