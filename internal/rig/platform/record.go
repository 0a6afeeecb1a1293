package platform

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// InStatus returns the ids of the account's executions of the status, at most
// one page of them.
func (c *Client) InStatus(ctx context.Context, status string) ([]string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/executions?"+url.Values{"status": {status}, "limit": {"100"}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	c.bear(r)
	var page struct {
		Executions []Execution `json:"executions"`
	}
	if err := c.do(r, http.StatusOK, &page); err != nil {
		return nil, fmt.Errorf("list executions: %w", err)
	}
	var ids []string
	for _, x := range page.Executions {
		ids = append(ids, x.ID)
	}
	return ids, nil
}

// Row is one row of the report: a step of an execution.
type Row struct {
	Execution, Interaction, Status, Exit, Error string
	Order                                       int
}

// Report hands on every row of the Studio Flow Execution Report.
func (c *Client) Report(ctx context.Context, each func(Row)) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/v1/reports/studio_flow_execution?format=csv", nil)
	if err != nil {
		return err
	}
	c.bear(r)
	answer, err := (&http.Client{Transport: c.http.Transport}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return &StatusError{"GET report", answer.StatusCode, ""}
	}
	rows := csv.NewReader(bufio.NewReader(answer.Body))
	titles, err := rows.Read()
	if err != nil {
		return fmt.Errorf("read report: %w", err)
	}
	column := map[string]int{}
	for i, title := range titles {
		column[strings.TrimPrefix(title, "\ufeff")] = i
	}
	for _, title := range []string{"Flow Execution ID", "Interaction ID", "Status", "Exit Name", "Error", "Step Execution Order"} {
		if _, there := column[title]; !there {
			return fmt.Errorf("read report: no column %s among %v", title, titles)
		}
	}
	for {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		of := func(title string) string { return fields[column[title]] }
		order, err := strconv.Atoi(of("Step Execution Order"))
		if err != nil {
			return fmt.Errorf("read report: %w", err)
		}
		each(Row{of("Flow Execution ID"), of("Interaction ID"), of("Status"), of("Exit Name"), of("Error"), order})
	}
}

// Metrics reads /metrics: each sample without labels by its name.
func (c *Client) Metrics(ctx context.Context) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = v
		}
	}
	return out, lines.Err()
}
