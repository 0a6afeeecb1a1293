package store

import (
	"context"
	"errors"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

const selectFlowsAfter = `SELECT id, flow_id, account, number, status, CASE status WHEN 'draft' THEN definition END, created_at, nullif(published_at, 0), coalesce(name, ''), coalesce(description, '')
	FROM versions v WHERE account = ? AND flow_id > ? AND (status IN ('draft', 'published')
		OR number = (SELECT max(number) FROM versions m WHERE m.account = v.account AND m.flow_id = v.flow_id))
	ORDER BY flow_id, number LIMIT ?`

// FlowsAfter returns the account's flows by id, those after the id after, at most
// limit, and whether there are more. Of a flow of which nothing is in use they have
// its newest version. Definitions are left out but for drafts.
func (s *Store) FlowsAfter(ctx context.Context, account, after string, limit int) (page []record.FlowState, more bool, err error) {
	found, err := s.versions(ctx, selectFlowsAfter, account, after, 3*(limit+1)) // a flow has three of them at most
	if err != nil {
		return nil, false, err
	}
	for i := range found {
		v := &found[i]
		if len(page) == 0 || page[len(page)-1].FlowID != v.FlowID {
			if len(page) == limit {
				return page, true, nil
			}
			page = append(page, record.FlowState{FlowID: v.FlowID})
		}
		switch last := &page[len(page)-1]; v.Status {
		case record.Draft:
			last.Draft = v
		case record.Published:
			last.Published = v
		default:
			last.Archived = v
		}
	}
	return page, false, nil
}

const selectVersionsBefore = `SELECT id, flow_id, account, number, status, NULL, created_at, nullif(published_at, 0), coalesce(name, ''), coalesce(description, '')
	FROM versions WHERE account = ? AND flow_id = ? AND number < ? ORDER BY number DESC LIMIT ?`

// VersionsBefore returns versions of a flow, the newest first, those with a number
// below before, at most limit, without their definitions, and whether there are
// more. It returns record.ErrNoFlow if the flow has no version at all.
func (s *Store) VersionsBefore(ctx context.Context, account, flowID string, before, limit int) ([]record.Version, bool, error) {
	flowID = flowfile.CanonicalFlowID(flowID)
	found, err := s.versions(ctx, selectVersionsBefore, account, flowID, before, limit+1)
	if err != nil {
		return nil, false, err
	}
	if len(found) > limit {
		return found[:limit], true, nil
	}
	if len(found) == 0 {
		if err := notPublished(ctx, s.reads, account, flowID); !errors.Is(err, record.ErrNotPublished) {
			return nil, false, err
		}
	}
	return found, false, nil
}
