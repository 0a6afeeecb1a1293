package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
)

// Store is the record of everything, in one database file. Its methods may be
// called by several goroutines.
type Store struct{}

var errTODO = errors.ErrUnsupported

// Open opens or creates the database in dir.
func Open(dir string, log *slog.Logger) (*Store, error) { return nil, errTODO }

// Close writes what is waiting and closes the database. It may be called more
// than once.
func (s *Store) Close() error { return nil }

// Check reports whether the record can be written now, ErrUnavailable if not.
func (s *Store) Check() error { return errTODO }

// Accept implements flowengine.Record.
func (s *Store) Accept(ctx context.Context, x flowengine.Execution) error { return errTODO }

// Begin implements flowengine.Record.
func (s *Store) Begin(ctx context.Context, id flowengine.ExecutionID, at time.Time) error {
	return errTODO
}

// Append implements flowengine.Record.
func (s *Store) Append(id flowengine.ExecutionID, events ...flowengine.Event) {}

// End implements flowengine.Record.
func (s *Store) End(ctx context.Context, id flowengine.ExecutionID, end flowengine.Ending) error {
	return errTODO
}

// Interrupt ends every execution that had begun when the last process died.
// It returns how many.
func (s *Store) Interrupt(ctx context.Context) (int, error) { return 0, errTODO }

// Unfinished returns the executions that were accepted and never begun, in
// the order of acceptance. Call it after Interrupt, before the engine starts.
func (s *Store) Unfinished(ctx context.Context) ([]flowengine.Execution, error) { return nil, errTODO }

// Publish makes definition the published version of the flow and archives the
// one before. The same definition again is the same version.
func (s *Store) Publish(ctx context.Context, account, flowID string, definition []byte) (flowengine.Version, error) {
	return flowengine.Version{}, errTODO
}

// Published implements flowengine.Versions.
func (s *Store) Published(ctx context.Context, account, flowID string) (flowengine.Version, error) {
	return flowengine.Version{}, errTODO
}

// Version implements flowengine.Versions.
func (s *Store) Version(ctx context.Context, id string) (flowengine.Version, error) {
	return flowengine.Version{}, errTODO
}

// History returns an execution of the account with its journal,
// ErrNoExecution if the account has none of this id.
func (s *Store) History(ctx context.Context, account string, id flowengine.ExecutionID) (flowengine.History, error) {
	return flowengine.History{}, errTODO
}

// KeepToken implements auth.Tokens.
func (s *Store) KeepToken(ctx context.Context, t auth.TokenRecord) error { return errTODO }

// Token implements auth.Tokens.
func (s *Store) Token(ctx context.Context, h auth.TokenHash) (auth.TokenRecord, error) {
	return auth.TokenRecord{}, errTODO
}

// UseAssertion implements auth.Tokens.
func (s *Store) UseAssertion(ctx context.Context, client, id string, until time.Time) (bool, error) {
	return false, errTODO
}

var (
	_ flowengine.Record   = (*Store)(nil)
	_ flowengine.Versions = (*Store)(nil)
	_ auth.Tokens         = (*Store)(nil)
)
