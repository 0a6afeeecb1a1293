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

// reportJobSchema keeps what reports were asked for.
func reportJobSchema() []string {
	return []string{
		`CREATE TABLE report_jobs (
			no {key},
			id TEXT NOT NULL UNIQUE,
			account TEXT NOT NULL,
			request {bytes} NOT NULL,
			created_at {int} NOT NULL)`,
		`CREATE INDEX report_jobs_of_account ON report_jobs (account, no)`,
		`CREATE INDEX report_jobs_age ON report_jobs (created_at)`,
	}
}

// KeepReportJob makes a job durable for flowengine.ReportJobLife.
func (s *Store) KeepReportJob(ctx context.Context, j flowengine.ReportJob) error {
	j.Request = bytes.Clone(j.Request)
	if err := s.writer.do(ctx, &keepReportJob{j}); err != nil {
		return fmt.Errorf("keep report job: %w", err)
	}
	return nil
}

type keepReportJob struct{ job flowengine.ReportJob }

func (o *keepReportJob) apply(t *transaction) error {
	return t.exec(`INSERT INTO report_jobs (id, account, request, created_at) VALUES (?, ?, ?, ?)`,
		o.job.ID, o.job.Account, o.job.Request, o.job.CreatedAt.UnixMicro())
}
func (*keepReportJob) settle(*writer, error) {}
func (*keepReportJob) kept() bool            { return false }

// ReportJob returns a job of the account, or flowengine.ErrNoReportJob.
func (s *Store) ReportJob(ctx context.Context, account, id string) (flowengine.ReportJob, error) {
	j := flowengine.ReportJob{ID: id, Account: account}
	var created sql.NullInt64
	err := s.reads.QueryRowContext(ctx, `SELECT request, created_at FROM report_jobs WHERE id = ? AND account = ?`, id, account).Scan(&j.Request, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.ReportJob{}, flowengine.ErrNoReportJob
	} else if err != nil {
		return flowengine.ReportJob{}, fmt.Errorf("read report job: %w", err)
	}
	j.CreatedAt = fromMicros(created)
	return j, nil
}

// ReportJobs returns the account's jobs, the newest first: at most limit of them
// after the first skip, and how many there are in all.
func (s *Store) ReportJobs(ctx context.Context, account string, skip, limit int) (_ []flowengine.ReportJob, total int, err error) {
	if err := s.reads.QueryRowContext(ctx, `SELECT COUNT(*) FROM report_jobs WHERE account = ?`, account).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("list report jobs: %w", err)
	}
	rows, err := s.reads.QueryContext(ctx, `SELECT id, request, created_at FROM report_jobs WHERE account = ? ORDER BY no DESC LIMIT ? OFFSET ?`, account, limit, skip)
	if err != nil {
		return nil, 0, fmt.Errorf("list report jobs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []flowengine.ReportJob
	for rows.Next() {
		j := flowengine.ReportJob{Account: account}
		var created sql.NullInt64
		if err := rows.Scan(&j.ID, &j.Request, &created); err != nil {
			return nil, 0, fmt.Errorf("list report jobs: %w", err)
		}
		j.CreatedAt = fromMicros(created)
		out = append(out, j)
	}
	return out, total, rows.Err()
}

// DropReportJob forgets a job of the account. It returns flowengine.ErrNoReportJob.
func (s *Store) DropReportJob(ctx context.Context, account, id string) error {
	return s.writer.do(ctx, &dropReportJob{account, id})
}

type dropReportJob struct{ account, id string }

func (o *dropReportJob) apply(t *transaction) error {
	n, err := t.affect(`DELETE FROM report_jobs WHERE id = ? AND account = ?`, o.id, o.account)
	if err == nil && n == 0 {
		err = flowengine.ErrNoReportJob
	}
	return err
}
func (*dropReportJob) settle(*writer, error) {}
func (*dropReportJob) kept() bool            { return false }

// purgeReportJobs forgets those that are too old.
func (t *transaction) purgeReportJobs(now time.Time) error {
	return t.exec(`DELETE FROM report_jobs WHERE created_at < ?`, now.Add(-flowengine.ReportJobLife).UnixMicro())
}
