package resource

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors about resources. A FieldErrors is another.
var (
	// ErrNotFound: the account has no resource of the kind and name.
	ErrNotFound = errors.New("not found")
	// ErrChanged: the resource is no longer, or not yet, as the writer expected.
	ErrChanged = errors.New("somebody else has changed it in the meantime")
	// ErrFixed: the resource stands in the configuration.
	ErrFixed = errors.New("it comes from the configuration: change it there")
	// ErrTooMany: the account has as many as it may have.
	ErrTooMany = fmt.Errorf("the account has %d of them, which is the limit", MaxNames)
)

// MaxNames bounds the resources of a kind that an account may have.
const MaxNames = 1000

// Key names a resource.
type Key struct{ Account, Kind, Name string }

// about is what a sealed record is bound to.
func (k Key) about() string { return k.Account + "\x00" + k.Kind + "\x00" + k.Name }

// Record is a stored resource; its contents are sealed.
type Record struct {
	Key
	// Version counts the changes from 1. With CreatedAt it never repeats.
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	Sealed    []byte
}

// Storage stores records. It is satisfied by store.Store; its errors are ErrChanged
// and record.ErrUnavailable.
type Storage interface {
	// Records returns all records of all accounts.
	Records(ctx context.Context) ([]Record, error)
	// PutRecord replaces the record of the version before; 0: there is none.
	PutRecord(ctx context.Context, r Record, before int64) error
	// DeleteRecord removes the record of this version.
	DeleteRecord(ctx context.Context, k Key, version int64) error
}
