package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine"
)

// Publish makes definition the published version of the flow and archives the
// one before. The same definition again is the same version.
func (s *Store) Publish(ctx context.Context, account, flowID string, definition []byte) (flowengine.Version, error) {
	if account == "" || flowID == "" {
		return flowengine.Version{}, errors.New("publish flow: account and flow id must not be empty")
	}
	o := &publish{cache: &s.published, version: called(flowengine.Version{
		ID: newVersionID(), FlowID: flowengine.CanonicalFlowID(flowID), Account: account,
		Definition: bytes.Clone(definition),
	})}
	if err := s.writer.do(ctx, o); err != nil {
		return flowengine.Version{}, fmt.Errorf("publish flow %s: %w", flowID, err)
	}
	return o.version, nil
}

// PublishAll does what Publish does for several flows: all of them, or none if it
// returns an error. The versions need FlowID, Account and Definition, and are
// returned whole, in their order.
func (s *Store) PublishAll(ctx context.Context, versions []flowengine.Version) ([]flowengine.Version, error) {
	o := &publishAll{}
	for _, v := range versions {
		if v.Account == "" || v.FlowID == "" {
			return nil, errors.New("publish flows: account and flow id must not be empty")
		}
		o.each = append(o.each, &publish{cache: &s.published, version: called(flowengine.Version{
			ID: newVersionID(), FlowID: flowengine.CanonicalFlowID(v.FlowID), Account: v.Account, Definition: bytes.Clone(v.Definition),
		})})
	}
	if err := s.writer.do(ctx, o); err != nil {
		return nil, fmt.Errorf("publish flows: %w", err)
	}
	var out []flowengine.Version
	for _, p := range o.each {
		out = append(out, p.version)
	}
	return out, nil
}

type publishAll struct{ each []*publish }

func (o *publishAll) apply(t *transaction) error {
	if err := t.exec(`SAVEPOINT all_flows`); err != nil {
		return err
	}
	for _, p := range o.each {
		if err := p.apply(t); err != nil {
			return errors.Join(fmt.Errorf("flow %s: %w", p.version.FlowID, err), t.exec(`ROLLBACK TO all_flows`), t.exec(`RELEASE all_flows`))
		}
	}
	return t.exec(`RELEASE all_flows`)
}

func (o *publishAll) settle(w *writer, err error) {
	for _, p := range o.each {
		p.settle(w, err)
	}
}

func (*publishAll) kept() bool { return false }

// newVersionID returns 128 random bits as 32 lower-case hex digits.
func newVersionID() string {
	var id [16]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

type publish struct {
	cache   *versionCache
	version flowengine.Version
}

func (o *publish) apply(t *transaction) error {
	v := &o.version
	current, err := scanVersion(t.row(selectPublished, v.Account, v.FlowID))
	switch {
	case err == nil && bytes.Equal(current.Definition, v.Definition):
		*v = current
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return t.addPublished(v)
}

// addPublished writes a new published version and archives the one before.
func (t *transaction) addPublished(v *flowengine.Version) error {
	if err := t.alias(*v); err != nil { // first: what it refuses changes nothing
		return err
	}
	if err := t.archive(v.Account, v.FlowID); err != nil {
		return err
	}
	now := time.UnixMicro(time.Now().UnixMicro()).UTC()
	v.Status, v.CreatedAt, v.PublishedAt = flowengine.Published, now, now
	return t.addVersion(v)
}

// addVersion writes a new version under the flow's next number.
func (t *transaction) addVersion(v *flowengine.Version) error {
	if err := t.row(`SELECT coalesce(max(number), 0) + 1 FROM versions WHERE account = ? AND flow_id = ?`, v.Account, v.FlowID).Scan(&v.Number); err != nil {
		return err
	}
	published := int64(0)
	if !v.PublishedAt.IsZero() {
		published = v.PublishedAt.UnixMicro()
	}
	if err := t.call(v); err != nil {
		return err
	}
	return t.exec(`INSERT INTO versions (id, account, flow_id, number, status, definition, created_at, published_at, name, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.Account, v.FlowID, v.Number, string(v.Status), v.Definition, v.CreatedAt.UnixMicro(), published, v.Name, v.Description)
}

// called fills in what the version's file says that its flow is called.
func called(v flowengine.Version) flowengine.Version {
	v.Name, v.Description, _ = flowengine.Called(v.Definition)
	return v
}

// call has a version without a name called as the flow's newest is.
func (t *transaction) call(v *flowengine.Version) error {
	if v.Name != "" {
		return nil
	}
	before, err := scanVersion(t.row(`SELECT `+versionColumns+` FROM versions WHERE account = ? AND flow_id = ? ORDER BY number DESC LIMIT 1`, v.Account, v.FlowID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case before.Name == "":
		before = called(before) // recorded before names were
	}
	v.Name, v.Description = before.Name, before.Description
	return nil
}

// archive takes the flow's published version out of use.
func (t *transaction) archive(account, flowID string) error {
	return t.exec(`UPDATE versions SET status = ? WHERE account = ? AND flow_id = ? AND status = ?`,
		string(flowengine.Archived), account, flowID, string(flowengine.Published))
}

// Unpublish takes the flow's published version out of use and returns it, archived.
// The draft and all versions stay. It returns flowengine.ErrNotPublished if the flow
// has none that is published, flowengine.ErrNoFlow if there is no such flow.
func (s *Store) Unpublish(ctx context.Context, account, flowID string) (flowengine.Version, error) {
	o := &unpublish{cache: &s.published, account: account, flowID: flowengine.CanonicalFlowID(flowID)}
	if err := s.writer.do(ctx, o); err != nil {
		return flowengine.Version{}, fmt.Errorf("unpublish flow %s: %w", flowID, err)
	}
	return o.version, nil
}

type unpublish struct {
	cache           *versionCache
	account, flowID string
	version         flowengine.Version
}

func (o *unpublish) apply(t *transaction) error {
	v, err := scanVersion(t.row(selectPublished, o.account, o.flowID))
	if errors.Is(err, sql.ErrNoRows) {
		var n int
		if err := t.row(`SELECT count(*) FROM versions WHERE account = ? AND flow_id = ?`, o.account, o.flowID).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			return flowengine.ErrNoFlow
		}
		return flowengine.ErrNotPublished
	} else if err != nil {
		return err
	}
	o.version, o.version.Status = v, flowengine.Archived
	return t.archive(o.account, o.flowID)
}

func (o *unpublish) settle(_ *writer, err error) {
	if err == nil {
		o.cache.forget(o.account, o.flowID)
	}
}

func (*unpublish) kept() bool { return false }

func (o *publish) settle(_ *writer, err error) {
	if err == nil {
		o.cache.forget(o.version.Account, o.version.FlowID)
	}
}

func (*publish) kept() bool { return false }

const versionColumns = `id, flow_id, account, number, status, definition, created_at, published_at, name, description`

const selectPublished = `SELECT ` + versionColumns + ` FROM versions WHERE account = ? AND flow_id = ? AND status = 'published'`

func scanVersion(row scanner) (flowengine.Version, error) {
	var v flowengine.Version
	var created, published sql.NullInt64
	var name, description sql.NullString
	err := row.Scan(&v.ID, &v.FlowID, &v.Account, &v.Number, &v.Status, &v.Definition, &created, &published, &name, &description)
	v.Name, v.Description = name.String, description.String
	v.CreatedAt, v.PublishedAt = fromMicros(created), fromMicros(published)
	if published.Int64 == 0 { // a draft
		v.PublishedAt = time.Time{}
	}
	return v, err
}

// Published implements flowengine.Versions. The definition must not be changed.
func (s *Store) Published(ctx context.Context, account, flowID string) (flowengine.Version, error) {
	flowID = flowengine.CanonicalFlowID(flowID)
	if v, known := s.published.get(account, flowID); known {
		return v, nil
	}
	change := s.published.changes()
	v, err := scanVersion(s.reads.QueryRowContext(ctx, selectPublished, account, flowID))
	switch {
	case err == nil:
		s.published.put(flowID, v, change)
		return v, nil
	case !errors.Is(err, sql.ErrNoRows):
		return flowengine.Version{}, fmt.Errorf("read flow %s: %w", flowID, err)
	}
	if v, err := s.aliased(ctx, account, flowID); !errors.Is(err, flowengine.ErrNoFlow) {
		return v, err
	}
	var n int
	if err := s.reads.QueryRowContext(ctx, `SELECT count(*) FROM versions WHERE account = ? AND flow_id = ?`, account, flowID).Scan(&n); err != nil {
		return flowengine.Version{}, fmt.Errorf("read flow %s: %w", flowID, err)
	}
	if n > 0 {
		return flowengine.Version{}, flowengine.ErrNotPublished
	}
	return flowengine.Version{}, flowengine.ErrNoFlow
}

// Version implements flowengine.Versions.
func (s *Store) Version(ctx context.Context, id string) (flowengine.Version, error) {
	v, err := scanVersion(s.reads.QueryRowContext(ctx, `SELECT `+versionColumns+` FROM versions WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.Version{}, flowengine.ErrNoFlow
	} else if err != nil {
		return flowengine.Version{}, fmt.Errorf("read version %s: %w", id, err)
	}
	return v, nil
}

// Flows returns the published version of each of the account's flows, by flow
// id. A flow that has none is left out.
func (s *Store) Flows(ctx context.Context, account string) ([]flowengine.Version, error) {
	return s.versions(ctx, `account = ? AND status = 'published' ORDER BY flow_id`, account)
}

// FlowVersions returns all versions of a flow, the newest first, ErrNoFlow if
// there is none.
func (s *Store) FlowVersions(ctx context.Context, account, flowID string) ([]flowengine.Version, error) {
	found, err := s.versions(ctx, `account = ? AND flow_id = ? ORDER BY number DESC`, account, flowengine.CanonicalFlowID(flowID))
	if err == nil && len(found) == 0 {
		return nil, flowengine.ErrNoFlow
	}
	return found, err
}

func (s *Store) versions(ctx context.Context, rest string, args ...any) ([]flowengine.Version, error) {
	return s.versionRows(ctx, `SELECT `+versionColumns+` FROM versions WHERE `+rest, args...)
}

func (s *Store) versionRows(ctx context.Context, query string, args ...any) (_ []flowengine.Version, err error) {
	rows, err := s.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list versions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []flowengine.Version
	for rows.Next() {
		v, err := scanVersion(rows)
		if err != nil {
			return nil, fmt.Errorf("list versions: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
