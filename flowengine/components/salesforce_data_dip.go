package components

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// SalesforceDataDip reads a record from Salesforce.
var SalesforceDataDip = flowengine.NewComponent(flowfile.Spec{
	Name: "salesforce_data_dip", Title: "Salesforce Data Dip", Category: flowfile.CategoryData,
	Summary: "Asks Salesforce by SOQL and takes values from the first record of the answer.",
	Doc: "Variables in the query are always quoted and escaped, so that a value can never become part of the query itself: " +
		"write `WHERE Phone = %{current_flow.contact_1}` without quotes around it. The connection logs in by JWT bearer or " +
		"client credentials; it is set up in the [configuration](../configuration.md) or [over the API](../http.md#resources). Where Salesforce answers with an empty " +
		"first page, the next ones are read until there is a record.",
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitOK, Title: "OK", Doc: "There is a record.", Expected: true},
		{Name: exitNoResult, Title: "No result", Doc: "There is no record.", Expected: true},
		{Name: flowfile.ExitTimeout, Title: "Timeout", Doc: "No answer came in time.", Expected: true},
		{Name: exitConnectionError, Title: "Connection Error", Doc: "Salesforce refused the login or the query, or could not be reached.", Expected: true},
	},
	Variables: []flowfile.VariableSpec{
		{Name: "total", Doc: "How many records there are."},
		{Each: "outputs", Doc: "The value of the field."},
	},
	Example: `
connection: salesforce
query: SELECT Id, Name, Account.Name FROM Contact WHERE Phone = %{current_flow.contact_1} LIMIT 1
outputs:
  - {name: contact_id, field: Id}
  - {name: company, field: Account.Name}`,
}, runSalesforceDataDip)

const (
	exitNoResult        flowfile.Exit = "no_result"
	exitConnectionError flowfile.Exit = "connection_error"
)

// salesforceVersion is the version of the REST API that queries are asked by.
const salesforceVersion = "v60.0"

type salesforceDataDip struct {
	Connection string          `field:"connection" required:"true" is:"connection" max:"64" doc:"The name of the connection."`
	Query      flowfile.Text   `field:"query" required:"true" max:"4000" doc:"The query, in SOQL."`
	Timeout    flowfile.Number `field:"timeout_seconds" min:"1" max:"10" default:"8" doc:"How long to wait for the answer, the login and all pages included."`
	Outputs    []recordField   `field:"outputs" max:"50" doc:"What is taken from the first record."`
}

type recordField struct {
	Name  string `field:"name" required:"true" is:"step_variable" doc:"The step variable that receives the value."`
	Field string `field:"field" required:"true" max:"200" doc:"The field of the record, such as Id or Account.Name."`
}

// Check implements flowfile.Checker.
func (c *salesforceDataDip) Check(report func(field, what, mend string)) {
	if !strings.HasPrefix(strings.ToUpper(strings.TrimSpace(c.Query.String())), "SELECT ") {
		report("query", "the query does not begin with SELECT", "")
	}
	switch between, open := quoted(c.Query); {
	case between:
		report("query", "quotes stand around a variable", "remove them: its value is quoted anyway")
	case open:
		report("query", "a quote is never closed", "close it")
	}
}

// quoted reports whether a variable stands between quotes, where the quotes of
// its value would end the text and let the value become part of the query, and
// whether a quote is left open.
func quoted(query flowfile.Text) (variable, open bool) {
	literals := query.Literals()
	for i, literal := range literals {
		for rest := literal; rest != ""; rest = rest[1:] {
			switch {
			case open && rest[0] == '\\' && len(rest) > 1:
				rest = rest[1:]
			case rest[0] == '\'':
				open = !open
			}
		}
		if open && i < len(literals)-1 {
			return true, open
		}
	}
	return false, open
}

// soqlText quotes a value for its place in a query.
func soqlText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`).Replace(s) + "'"
}

// page is an answer to a query.
type page struct {
	Total   int              `json:"totalSize"`
	Done    bool             `json:"done"`
	Next    string           `json:"nextRecordsUrl"`
	Records []map[string]any `json:"records"`
}

func runSalesforceDataDip(ctx context.Context, t *flowengine.StepContext, c *salesforceDataDip) (flowfile.Exit, error) {
	s := settings{StepContext: t}
	query, wait := s.escaped(c.Query, soqlText), s.seconds(c.Timeout)
	if s.err != nil {
		return "", s.err
	}
	timed, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	first, err := c.ask(timed, t, "/services/data/"+salesforceVersion+"/query?q="+url.QueryEscape(query))
	switch {
	case ctx.Err() != nil || errors.Is(err, flowengine.ErrNoConnection):
		return "", err
	case timed.Err() != nil:
		return flowfile.ExitTimeout, nil
	case err != nil:
		t.SetDetail(err.Error())
		return exitConnectionError, nil
	}
	t.Set("total", fmt.Sprint(first.Total))
	if len(first.Records) == 0 {
		return exitNoResult, nil
	}
	for _, o := range c.Outputs {
		if v, found := fieldOf(first.Records[0], o.Field); found {
			if err := setOutput(t, o.Name, v); err != nil {
				return "", err
			}
		}
	}
	return flowfile.ExitOK, nil
}

// ask asks for the first page that holds a record.
func (c *salesforceDataDip) ask(ctx context.Context, t *flowengine.StepContext, path string) (page, error) {
	for {
		answer, err := t.Request(ctx, c.Connection, flowengine.HTTPRequest{Method: "GET", Path: path})
		if err != nil {
			return page{}, err
		}
		if answer.Status != 200 {
			return page{}, refusal(answer)
		}
		var p page
		if err := decodeJSON(answer.Body, &p); err != nil {
			return page{}, errors.New("the answer is no JSON")
		}
		if len(p.Records) > 0 || p.Done || !strings.HasPrefix(p.Next, "/services/data/") || p.Next == path {
			return p, nil
		}
		path = p.Next
	}
}

// refusal is the error of Salesforce's answer: a list of errors with their codes.
// Their messages quote the query, and so are left out.
func refusal(answer flowengine.HTTPResponse) error {
	var errs []struct {
		Code string `json:"errorCode"`
	}
	if err := json.Unmarshal(answer.Body, &errs); err != nil || len(errs) == 0 {
		return fmt.Errorf("the answer was %s", answer.StatusText())
	}
	return fmt.Errorf("the answer was %d %s", answer.Status, errs[0].Code)
}

// fieldOf returns the value of a field, whatever the case of its name, through
// relations where dots stand.
func fieldOf(record map[string]any, name string) (any, bool) {
	first, rest, deeper := strings.Cut(name, ".")
	for field, v := range record {
		if !strings.EqualFold(field, first) {
			continue
		}
		if !deeper {
			return v, v != nil
		}
		inner, _ := v.(map[string]any)
		return fieldOf(inner, rest)
	}
	return nil, false
}
