package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine"
)

const selectDraft = `SELECT ` + versionColumns + ` FROM versions WHERE account = ? AND flow_id = ? AND status = 'draft'`

// Draft returns the flow's draft, flowengine.ErrNoDraft if there is none.
func (s *Store) Draft(ctx context.Context, account, flowID string) (flowengine.Version, error) {
	v, err := scanVersion(s.reads.QueryRowContext(ctx, selectDraft, account, flowengine.CanonicalFlowID(flowID)))
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.Version{}, flowengine.ErrNoDraft
	} else if err != nil {
		return flowengine.Version{}, fmt.Errorf("read draft of %s: %w", flowID, err)
	}
	return v, nil
}

// Drafts returns the draft of each of the account's flows that has one, by flow.
func (s *Store) Drafts(ctx context.Context, account string) ([]flowengine.Version, error) {
	return s.versions(ctx, `account = ? AND status = 'draft' ORDER BY flow_id`, account)
}

// SaveDraft makes definition the flow's draft, in the place of the one before;
// a flow that is not known yet begins with it. match, if it is not nil, is given
// the draft that would be replaced, nil for none, and refuses the change by an
// error. Nothing comes between what it sees and the change: it is called by the
// writer, perhaps more than once, and must neither block nor change anything.
func (s *Store) SaveDraft(ctx context.Context, account, flowID string, definition []byte, match func(draft []byte) error) (flowengine.Version, error) {
	o := &saveDraft{match: match, version: called(flowengine.Version{
		ID: newVersionID(), FlowID: flowengine.CanonicalFlowID(flowID), Account: account, Status: flowengine.Draft, Definition: bytes.Clone(definition),
	})}
	if err := s.writer.do(ctx, o); err != nil {
		return flowengine.Version{}, fmt.Errorf("save draft of %s: %w", flowID, err)
	}
	return o.version, nil
}

type saveDraft struct {
	version flowengine.Version
	match   func(draft []byte) error
}

func (o *saveDraft) apply(t *transaction) error {
	v := &o.version
	current, err := scanVersion(t.row(selectDraft, v.Account, v.FlowID))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if o.match != nil {
		if err := o.match(current.Definition); err != nil {
			return err
		}
	}
	if err != nil {
		v.CreatedAt = time.UnixMicro(time.Now().UnixMicro()).UTC()
		return t.addVersion(v)
	}
	v.ID, v.Number, v.CreatedAt = current.ID, current.Number, current.CreatedAt
	if err := t.call(v); err != nil {
		return err
	}
	return t.exec(`UPDATE versions SET definition = ?, name = ?, description = ? WHERE id = ?`, v.Definition, v.Name, v.Description, v.ID)
}

func (*saveDraft) settle(*writer, error) {}
func (*saveDraft) kept() bool            { return false }

// PublishDraft makes the flow's draft its published version, and archives the
// one before. The draft must still be expect, which is what was checked:
// flowengine.ErrChanged otherwise. It returns flowengine.ErrNoDraft.
func (s *Store) PublishDraft(ctx context.Context, account, flowID string, expect []byte) (flowengine.Version, error) {
	o := &publishDraft{cache: &s.published, account: account, flowID: flowengine.CanonicalFlowID(flowID), expect: expect}
	if err := s.writer.do(ctx, o); err != nil {
		return flowengine.Version{}, fmt.Errorf("publish draft of %s: %w", flowID, err)
	}
	return o.version, nil
}

type publishDraft struct {
	cache           *versionCache
	account, flowID string
	expect          []byte
	version         flowengine.Version
}

func (o *publishDraft) apply(t *transaction) error {
	v, err := scanVersion(t.row(selectDraft, o.account, o.flowID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return flowengine.ErrNoDraft
	case err != nil:
		return err
	case !bytes.Equal(v.Definition, o.expect):
		return flowengine.ErrChanged
	}
	if err := t.alias(v); err != nil { // first: what it refuses changes nothing
		return err
	}
	if err := t.archive(o.account, o.flowID); err != nil {
		return err
	}
	v.Status, v.PublishedAt = flowengine.Published, time.UnixMicro(time.Now().UnixMicro()).UTC()
	o.version = v
	return t.exec(`UPDATE versions SET status = ?, published_at = ? WHERE id = ?`, string(v.Status), v.PublishedAt.UnixMicro(), v.ID)
}

func (o *publishDraft) settle(_ *writer, err error) {
	if err == nil {
		o.cache.forget(o.account, o.flowID)
	}
}

func (*publishDraft) kept() bool { return false }

// DiscardDraft removes the flow's draft, if match lets it: see SaveDraft. It
// returns flowengine.ErrNoDraft if there is none, and does not ask match then.
func (s *Store) DiscardDraft(ctx context.Context, account, flowID string, match func(draft []byte) error) error {
	if err := s.writer.do(ctx, &discardDraft{account, flowengine.CanonicalFlowID(flowID), match}); err != nil {
		return fmt.Errorf("discard draft of %s: %w", flowID, err)
	}
	return nil
}

type discardDraft struct {
	account, flowID string
	match           func(draft []byte) error
}

func (o *discardDraft) apply(t *transaction) error {
	v, err := scanVersion(t.row(selectDraft, o.account, o.flowID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return flowengine.ErrNoDraft
	case err != nil:
		return err
	case o.match != nil:
		if err := o.match(v.Definition); err != nil {
			return err
		}
	}
	return t.exec(`DELETE FROM versions WHERE id = ?`, v.ID)
}

func (*discardDraft) settle(*writer, error) {}
func (*discardDraft) kept() bool            { return false }
