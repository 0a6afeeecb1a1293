package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// versionColumns are what scanVersion reads. A draft was published at 0.
const versionColumns = `id, flow_id, account, number, status, definition, created_at, nullif(published_at, 0), coalesce(name, ''), coalesce(description, '')`

const selectPublished = `SELECT ` + versionColumns + ` FROM versions WHERE account = ? AND flow_id = ? AND status = 'published'`

func scanVersion(v *record.Version) []any {
	return []any{&v.ID, &v.FlowID, &v.Account, &v.Number, &v.Status, &v.Definition, (*micros)(&v.CreatedAt), (*micros)(&v.PublishedAt), &v.Name, &v.Description}
}

// Published implements flowengine.Versions. The definition must not be changed.
func (s *Store) Published(ctx context.Context, account, flowID string) (record.Version, error) {
	flowID = flowfile.CanonicalFlowID(flowID)
	cache, key := s.published.Load(), [2]string{account, flowID}
	if v, cached := cache.Load(key); cached {
		return v.(record.Version), nil
	}
	v, err := one(ctx, s.reads, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND status = 'published'
		AND flow_id IN (?, (SELECT flow_id FROM aliases WHERE account = ? AND alias = ?)) ORDER BY flow_id <> ?`, // the flow of that id goes before an alias
		account, flowID, account, flowID, flowID)
	if errors.Is(err, sql.ErrNoRows) {
		err = notPublished(ctx, s.reads, account, flowID)
	}
	switch {
	case err == nil:
		cache.Store(key, v)
	case !errors.Is(err, record.ErrNotPublished) && !errors.Is(err, record.ErrNoFlow):
		err = fmt.Errorf("read flow %s: %w", flowID, err)
	}
	return v, err
}

// notPublished is the error of a flow that has no published version: record.ErrNoFlow if
// it has none at all.
func notPublished(ctx context.Context, q queries, account, flowID string) error {
	n, err := one(ctx, q, column[int], `SELECT count(*) FROM versions WHERE account = ? AND flow_id = ?`, account, flowID)
	if err == nil && n == 0 {
		return record.ErrNoFlow
	} else if err == nil {
		return record.ErrNotPublished
	}
	return err
}

// Version implements flowengine.Versions.
func (s *Store) Version(ctx context.Context, id string) (record.Version, error) {
	v, err := one(ctx, s.reads, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE id = ?`, id)
	return v, orNone(err, record.ErrNoFlow, "read version "+id)
}

// Flows returns the published version of each of the account's flows, by flow
// id. A flow that has none is left out.
func (s *Store) Flows(ctx context.Context, account string) ([]record.Version, error) {
	return s.versions(ctx, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND status = 'published' ORDER BY flow_id`, account)
}

// FlowVersions returns all versions of a flow, the newest first, ErrNoFlow if
// there is none.
func (s *Store) FlowVersions(ctx context.Context, account, flowID string) ([]record.Version, error) {
	found, err := s.versions(ctx, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND flow_id = ? ORDER BY number DESC`,
		account, flowfile.CanonicalFlowID(flowID))
	if err == nil && len(found) == 0 {
		return nil, record.ErrNoFlow
	}
	return found, err
}

func (s *Store) versions(ctx context.Context, query string, args ...any) ([]record.Version, error) {
	found, err := all(ctx, s.reads, scanVersion, query, args...)
	return found, wrap("list versions", err)
}

// changeVersions writes a change of versions, after which the cache holds none.
func (s *Store) changeVersions(ctx context.Context, apply func(*transaction) error) error {
	return s.writer.write(ctx, op{apply: apply, committed: func() { s.published.Store(new(sync.Map)) }})
}

// Publish makes definition the published version of the flow and archives the
// one before. The same definition again is the same version.
func (s *Store) Publish(ctx context.Context, account, flowID string, definition []byte) (record.Version, error) {
	published, err := s.PublishAll(ctx, []record.Version{{Account: account, FlowID: flowID, Definition: definition}})
	if err != nil {
		return record.Version{}, err
	}
	return published[0], nil
}

// PublishAll does what Publish does for several flows: all of them, or none if it
// returns an error. The versions need FlowID, Account and Definition, and are
// returned whole, in their order.
func (s *Store) PublishAll(ctx context.Context, versions []record.Version) ([]record.Version, error) {
	var out []record.Version
	for _, v := range versions {
		if v.Account == "" || v.FlowID == "" {
			return nil, errors.New("publish flow: account and flow id must not be empty")
		}
		out = append(out, newVersion(v.Account, v.FlowID, v.Definition))
	}
	err := s.changeVersions(ctx, func(t *transaction) error {
		if err := t.exec(`SAVEPOINT all_flows`); err != nil {
			return err
		}
		for i := range out {
			if err := t.publish(&out[i]); err != nil {
				return errors.Join(fmt.Errorf("publish flow %s: %w", out[i].FlowID, err), t.exec(`ROLLBACK TO all_flows`), t.exec(`RELEASE all_flows`))
			}
		}
		return t.exec(`RELEASE all_flows`)
	})
	return out, err
}

// newVersion is a version of the definition, with the name that it gives. Its id has
// 128 random bits.
func newVersion(account, flowID string, definition []byte) record.Version {
	var id [16]byte
	rand.Read(id[:])
	return named(record.Version{
		ID: hex.EncodeToString(id[:]), FlowID: flowfile.CanonicalFlowID(flowID), Account: account, Definition: bytes.Clone(definition),
	})
}

// publish writes a new published version, unless the definition is that of the one
// before, which it archives.
func (t *transaction) publish(v *record.Version) error {
	current, err := row(t, scanVersion, selectPublished, v.Account, v.FlowID)
	switch {
	case err == nil && bytes.Equal(current.Definition, v.Definition):
		*v = current
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if err := t.supersede(*v); err != nil {
		return err
	}
	v.Status, v.CreatedAt = record.Published, nowMicros()
	v.PublishedAt = v.CreatedAt
	return t.addVersion(v)
}

// nowMicros is the time as the database keeps it.
func nowMicros() time.Time { return time.UnixMicro(time.Now().UnixMicro()).UTC() }

// addVersion writes a new version under the flow's next number.
func (t *transaction) addVersion(v *record.Version) error {
	var err error
	if v.Number, err = row(t, column[int], `SELECT coalesce(max(number), 0) + 1 FROM versions WHERE account = ? AND flow_id = ?`, v.Account, v.FlowID); err != nil {
		return err
	}
	if err := t.inheritName(v); err != nil {
		return err
	}
	return t.exec(`INSERT INTO versions (id, account, flow_id, number, status, definition, created_at, published_at, name, description) VALUES (?, ?, ?, ?, ?, ?, ?, coalesce(CAST(? AS bigint), 0), ?, ?)`,
		v.ID, v.Account, v.FlowID, v.Number, string(v.Status), v.Definition, v.CreatedAt.UnixMicro(), nullMicros(v.PublishedAt), v.Name, v.Description)
}

// named fills in the name and description that the version's file has.
func named(v record.Version) record.Version {
	v.Name, v.Description, _ = flowfile.ReadName(v.Definition)
	return v
}

// inheritName gives a version without a name that of the flow's newest.
func (t *transaction) inheritName(v *record.Version) error {
	if v.Name != "" {
		return nil
	}
	before, err := row(t, scanVersion, `SELECT `+versionColumns+` FROM versions WHERE account = ? AND flow_id = ? ORDER BY number DESC LIMIT 1`, v.Account, v.FlowID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case before.Name == "":
		before = named(before) // recorded before names were
	}
	v.Name, v.Description = before.Name, before.Description
	return nil
}

// archive takes the flow's published version out of use.
func (t *transaction) archive(account, flowID string) error {
	return t.exec(`UPDATE versions SET status = ? WHERE account = ? AND flow_id = ? AND status = ?`,
		string(record.Archived), account, flowID, string(record.Published))
}

// Unpublish takes the flow's published version out of use and returns it, archived.
// The draft and all versions stay. It returns record.ErrNotPublished if the flow
// has none that is published, record.ErrNoFlow if there is no such flow.
func (s *Store) Unpublish(ctx context.Context, account, flowID string) (v record.Version, _ error) {
	id := flowfile.CanonicalFlowID(flowID)
	err := s.changeVersions(ctx, func(t *transaction) (err error) {
		if v, err = row(t, scanVersion, selectPublished, account, id); errors.Is(err, sql.ErrNoRows) {
			return notPublished(context.Background(), t, account, id)
		} else if err != nil {
			return err
		}
		v.Status = record.Archived
		return t.archive(account, id)
	})
	return v, wrap("unpublish flow "+flowID, err)
}

// supersede archives the published version of a flow for another, whose aliases lead to
// the flow from now on, and those of the version before no longer. It returns a
// *flowfile.AliasError, and changes nothing, if one leads to another flow.
func (t *transaction) supersede(v record.Version) error {
	flow, err := flowfile.Parse(v.FlowID, v.Definition)
	if err != nil {
		flow = &flowfile.Flow{} // it cannot run, whatever it is called
	}
	for _, alias := range flow.Aliases {
		other, err := row(t, column[string], `SELECT flow_id FROM aliases WHERE account = ? AND alias = ? AND flow_id <> ?`, v.Account, alias, v.FlowID)
		if err == nil {
			return &flowfile.AliasError{Alias: alias, FlowID: other}
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if err := t.exec(`DELETE FROM aliases WHERE account = ? AND flow_id = ?`, v.Account, v.FlowID); err != nil {
		return err
	}
	for _, alias := range flow.Aliases {
		if err := t.exec(`INSERT INTO aliases (account, alias, flow_id) VALUES (?, ?, ?)`, v.Account, alias, v.FlowID); err != nil {
			return err
		}
	}
	return t.archive(v.Account, v.FlowID)
}
