package api

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const (
	// reportBuffer is how much of a report is gathered before it is sent. What fails
	// before it is full is refused like any request.
	reportBuffer = 64 << 10
	// progressEvery is how often a report that gets on has its time extended.
	progressEvery = time.Second
)

// rowWriter writes a report in some format.
type rowWriter interface {
	begin(h http.Header) error
	row(r *reportRow) error
	end() error
}

// reportWriter sends a report, and keeps its connection open as long as rows are
// looked at, whether or not any is written.
type reportWriter struct {
	rows     rowWriter
	buffer   *bufio.Writer
	stream   *stream
	extended time.Time
}

// newReportWriter begins a report in one of the formats.
func newReportWriter(w http.ResponseWriter, format string) (*reportWriter, error) {
	r := &reportWriter{
		buffer: bufio.NewWriterSize(w, reportBuffer),
		stream: &stream{w: w, control: http.NewResponseController(w)},
	}
	switch format {
	case formatCSV:
		r.rows = &csvRows{w: csv.NewWriter(r.buffer)}
	case formatBulk:
		r.rows = &bulkRows{json.NewEncoder(r.buffer)}
	default:
		r.rows = newJSONRows(r.buffer)
	}
	return r, r.rows.begin(w.Header())
}

// progress says that the work gets on.
func (r *reportWriter) progress() {
	if now := time.Now(); now.Sub(r.extended) >= progressEvery {
		r.extended = now
		r.stream.extend()
	}
}

func (r *reportWriter) row(row *reportRow) error { return r.rows.row(row) }

// end completes the report. One that was not ended is recognised as broken: its
// connection is cut, and as JSON it lacks its end.
func (r *reportWriter) end() error {
	r.stream.extend()
	if err := r.rows.end(); err != nil {
		return err
	}
	return r.buffer.Flush()
}

// jsonRows writes a reportBody.
type jsonRows struct {
	w       io.Writer
	encoder *json.Encoder
	n       int
}

func newJSONRows(w io.Writer) *jsonRows { return &jsonRows{w: w, encoder: json.NewEncoder(w)} }

func (j *jsonRows) begin(h http.Header) error {
	h.Set("Content-Type", "application/json; charset=utf-8")
	_, err := io.WriteString(j.w, `{"entries":[`)
	return err
}

func (j *jsonRows) row(r *reportRow) error {
	if j.n++; j.n > 1 {
		if _, err := io.WriteString(j.w, ","); err != nil {
			return err
		}
	}
	return j.encoder.Encode(r)
}

func (j *jsonRows) end() error {
	_, err := fmt.Fprintf(j.w, `],"total":%d}`+"\n", j.n)
	return err
}

// bulkRows writes a row on each line, as programs load it that read no document as
// a whole.
type bulkRows struct{ encoder *json.Encoder }

func (b *bulkRows) begin(h http.Header) error {
	h.Set("Content-Type", "application/x-ndjson")
	return nil
}

func (b *bulkRows) row(r *reportRow) error { return b.encoder.Encode(r) }
func (b *bulkRows) end() error             { return nil }

// csvRows writes RFC 4180 with Talkdesk's titles of columns.
type csvRows struct {
	w     *csv.Writer
	cells []string
}

func (c *csvRows) begin(h http.Header) error {
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="studio_flow_execution.csv"`)
	for f := range reflect.TypeFor[reportRow]().Fields() {
		c.cells = append(c.cells, f.Tag.Get("csv"))
	}
	return c.w.Write(c.cells)
}

func (c *csvRows) row(r *reportRow) error {
	c.cells = c.cells[:0]
	for _, v := range reflect.ValueOf(r).Elem().Fields() {
		text, err := cell(v)
		if err != nil {
			return err
		}
		c.cells = append(c.cells, text)
	}
	return c.w.Write(c.cells)
}

func (c *csvRows) end() error {
	c.w.Flush()
	return c.w.Error()
}

// escapeFormula puts a ' before a text that a spreadsheet would take for a formula: a request
// may have anything in the place of a number. Numbers stay as they are.
func escapeFormula(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) || strings.Trim(text[1:], "0123456789.") == "" && strings.ContainsRune("+-", rune(text[0])) {
		return text
	}
	return "'" + text
}

// cell writes a value; one that is not there is empty.
func cell(v reflect.Value) (string, error) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return escapeFormula(v.String()), nil
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), nil
	}
	text, err := json.Marshal(v.Interface())
	return string(text), err
}
