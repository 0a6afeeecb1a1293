package store

import (
	"bytes"
	"context"
	"errors"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Draft returns the flow's draft, record.ErrNoDraft if there is none.
func (s *Store) Draft(ctx context.Context, account, flowID string) (record.Version, error) {
	return draft(ctx, s.reads, account, flowfile.CanonicalFlowID(flowID))
}

func draft(ctx context.Context, q queries, account, flowID string) (record.Version, error) {
	v, err := one(ctx, q, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND flow_id = ? AND status = 'draft'`, account, flowID)
	return v, orNone(err, record.ErrNoDraft, "read draft of "+flowID)
}

// Drafts returns the draft of each of the account's flows that has one, by flow.
func (s *Store) Drafts(ctx context.Context, account string) ([]record.Version, error) {
	return s.versions(ctx, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND status = 'draft' ORDER BY flow_id`, account)
}

// SaveDraft makes definition the flow's draft, in the place of the one before;
// a flow that is not known yet begins with it. match, if it is not nil, is given
// the draft that would be replaced, nil for none, and refuses the change by an
// error. Nothing comes between what it sees and the change: it is called by the
// writer, perhaps more than once, and must neither block nor change anything.
func (s *Store) SaveDraft(ctx context.Context, account, flowID string, definition []byte, match func(draft []byte) error) (record.Version, error) {
	v := newVersion(account, flowID, definition)
	v.Status = record.Draft
	err := s.writer.write(ctx, op{apply: func(t *transaction) error {
		current, err := draft(context.Background(), t, account, v.FlowID)
		if err != nil && !errors.Is(err, record.ErrNoDraft) {
			return err
		}
		if match != nil {
			if err := match(current.Definition); err != nil {
				return err
			}
		}
		if err != nil {
			v.CreatedAt = nowMicros()
			return t.addVersion(&v)
		}
		v.ID, v.Number, v.CreatedAt = current.ID, current.Number, current.CreatedAt
		if err := t.inheritName(&v); err != nil {
			return err
		}
		return t.exec(`UPDATE versions SET definition = ?, name = ?, description = ? WHERE id = ?`, v.Definition, v.Name, v.Description, v.ID)
	}})
	return v, wrap("save draft of "+flowID, err)
}

// PublishDraft makes the flow's draft its published version, and archives the
// one before. The draft must still be expect, which is what was checked:
// record.ErrChanged otherwise. It returns record.ErrNoDraft.
func (s *Store) PublishDraft(ctx context.Context, account, flowID string, expect []byte) (v record.Version, _ error) {
	id := flowfile.CanonicalFlowID(flowID)
	err := s.changeVersions(ctx, func(t *transaction) (err error) {
		if v, err = draft(context.Background(), t, account, id); err != nil {
			return err
		}
		if !bytes.Equal(v.Definition, expect) {
			return record.ErrChanged
		}
		if err := t.supersede(v); err != nil {
			return err
		}
		v.Status, v.PublishedAt = record.Published, nowMicros()
		return t.exec(`UPDATE versions SET status = ?, published_at = ? WHERE id = ?`, string(v.Status), v.PublishedAt.UnixMicro(), v.ID)
	})
	return v, wrap("publish draft of "+flowID, err)
}

// DiscardDraft removes the flow's draft, if match lets it: see SaveDraft. It
// returns record.ErrNoDraft if there is none, and does not ask match then.
func (s *Store) DiscardDraft(ctx context.Context, account, flowID string, match func(draft []byte) error) error {
	err := s.writer.write(ctx, op{apply: func(t *transaction) error {
		v, err := draft(context.Background(), t, account, flowfile.CanonicalFlowID(flowID))
		if err == nil && match != nil {
			err = match(v.Definition)
		}
		if err != nil {
			return err
		}
		return t.exec(`DELETE FROM versions WHERE id = ?`, v.ID)
	}})
	return wrap("discard draft of "+flowID, err)
}
