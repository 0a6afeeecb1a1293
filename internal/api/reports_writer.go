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
)

// reportBuffer is how much of a report is gathered before it is sent, in bytes. What fails
// before it is full is refused like any request.
const reportBuffer = 64 << 10

// rowWriter writes a report in some format to a buffer, which remembers its first error.
type rowWriter interface {
	begin(h http.Header)
	row(r *reportRow) error
	end()
}

// writeReport streams the rows of a selection in one of the formats. A report that breaks
// off is recognised as broken: its connection is cut, and as JSON it lacks its end.
func (a *api) writeReport(req *request, s selection, format string) error {
	buffer := bufio.NewWriterSize(req.answer, reportBuffer)
	var rows rowWriter
	switch format {
	case formatCSV:
		rows = &csvRows{w: csv.NewWriter(buffer)}
	case formatBulk:
		rows = &bulkRows{json.NewEncoder(buffer)}
	default:
		rows = &jsonRows{w: buffer, encoder: json.NewEncoder(buffer)}
	}
	rows.begin(req.answer.Header())
	if req.Method == http.MethodHead {
		return nil
	}
	err := a.eachRow(req, s, rows.row)
	if err == nil {
		rows.end()
		err = buffer.Flush()
	}
	if gone := req.Context().Err(); err != nil && gone != nil {
		return gone // whatever the client's leaving has led to
	}
	return err
}

// jsonRows writes a reportBody.
type jsonRows struct {
	w       io.Writer
	encoder *json.Encoder
	n       int
}

func (j *jsonRows) begin(h http.Header) {
	h.Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(j.w, `{"entries":[`)
}

func (j *jsonRows) row(r *reportRow) error {
	if j.n++; j.n > 1 {
		_, _ = io.WriteString(j.w, ",")
	}
	return j.encoder.Encode(r)
}

func (j *jsonRows) end() { _, _ = fmt.Fprintf(j.w, `],"total":%d}`+"\n", j.n) }

// bulkRows writes a row on each line, as programs load it that read no document as
// a whole.
type bulkRows struct{ encoder *json.Encoder }

func (b *bulkRows) begin(h http.Header)    { h.Set("Content-Type", "application/x-ndjson") }
func (b *bulkRows) row(r *reportRow) error { return b.encoder.Encode(r) }
func (b *bulkRows) end()                   {}

// csvRows writes RFC 4180 with Talkdesk's titles of columns.
type csvRows struct {
	w     *csv.Writer
	cells []string
}

func (c *csvRows) begin(h http.Header) {
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="studio_flow_execution.csv"`)
	for f := range reflect.TypeFor[reportRow]().Fields() {
		c.cells = append(c.cells, f.Tag.Get("csv"))
	}
	_ = c.w.Write(c.cells)
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

func (c *csvRows) end() { c.w.Flush() }

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
