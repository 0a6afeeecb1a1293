package record

import "time"

// Version is one immutable state of a flow.
type Version struct {
	ID         string
	FlowID     string
	Account    string
	Number     int // from 1, per flow
	Status     VersionStatus
	Definition []byte // the flow file as it was given, YAML or JSON
	// Name and Description are the file's or, where they cannot be read, those of the
	// version before it. A version that was stored without has none.
	Name, Description string
	CreatedAt         time.Time
	PublishedAt       time.Time
}

// FlowState is a flow with the versions of it that are in use; each may be nil. Where
// both are, Archived is its newest version.
type FlowState struct {
	FlowID                     string
	Published, Draft, Archived *Version
}

// VersionStatus is where a version stands; a flow has at most one draft and at
// most one published version.
type VersionStatus string

// The statuses of a version.
const (
	Draft     VersionStatus = "draft"
	Published VersionStatus = "published"
	Archived  VersionStatus = "archived"
)
