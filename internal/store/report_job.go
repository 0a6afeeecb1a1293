package store

import (
	"bytes"
	"context"
	"fmt"

	"ringflow/flowengine/record"
)

// AddReportJob makes a job durable for record.ReportJobLifetime.
func (s *Store) AddReportJob(ctx context.Context, j record.ReportJob) error {
	j.Request = bytes.Clone(j.Request)
	return wrap("store report job", s.writer.write(ctx, op{apply: func(t *transaction) error {
		return t.exec(`INSERT INTO report_jobs (id, account, request, created_at) VALUES (?, ?, ?, ?)`,
			j.ID, j.Account, j.Request, j.CreatedAt.UnixMicro())
	}}))
}

const reportJobColumns = `id, account, request, created_at`

func scanReportJob(j *record.ReportJob) []any {
	return []any{&j.ID, &j.Account, &j.Request, (*micros)(&j.CreatedAt)}
}

// ReportJob returns a job of the account, or record.ErrNoReportJob.
func (s *Store) ReportJob(ctx context.Context, account, id string) (record.ReportJob, error) {
	j, err := one(ctx, s.reads, scanReportJob, `SELECT `+reportJobColumns+` FROM report_jobs WHERE id = ? AND account = ?`, id, account)
	return j, orNone(err, record.ErrNoReportJob, "read report job")
}

// ReportJobs returns the account's jobs, the newest first: at most limit of them
// after the first skip, and how many there are in all.
func (s *Store) ReportJobs(ctx context.Context, account string, skip, limit int) (_ []record.ReportJob, total int, err error) {
	total, err = one(ctx, s.reads, column[int], `SELECT COUNT(*) FROM report_jobs WHERE account = ?`, account)
	if err != nil {
		return nil, 0, fmt.Errorf("list report jobs: %w", err)
	}
	found, err := all(ctx, s.reads, scanReportJob, `SELECT `+reportJobColumns+` FROM report_jobs WHERE account = ? ORDER BY no DESC LIMIT ? OFFSET ?`, account, limit, skip)
	return found, total, wrap("list report jobs", err)
}

// DeleteReportJob removes a job of the account. It returns record.ErrNoReportJob.
func (s *Store) DeleteReportJob(ctx context.Context, account, id string) error {
	return s.writer.write(ctx, op{apply: func(t *transaction) error {
		n, err := t.affect(`DELETE FROM report_jobs WHERE id = ? AND account = ?`, id, account)
		if err == nil && n == 0 {
			err = record.ErrNoReportJob
		}
		return err
	}})
}
