package openapi

import (
	"fmt"
	"net/http"
	"strings"
)

// JudgeSent says what is wrong with a request that the server has sent, "" if the
// document has it. webhook is the name under which the document describes it.
func (d *Document) JudgeSent(webhook, method string, header http.Header, body []byte) string {
	o := d.Webhooks[webhook][strings.ToLower(method)]
	if o == nil || o.Body == nil || strings.ToUpper(method) != method {
		return fmt.Sprintf("the document has no %s to a webhook called %q", method, webhook)
	}
	for _, p := range o.Parameters {
		values := header.Values(p.Name)
		switch {
		case p.In != "header":
			return fmt.Sprintf("the parameter %s is no header field", p.Name)
		case len(values) > 1:
			return fmt.Sprintf("%s stands %d times", p.Name, len(values))
		case len(values) == 0 && p.Required:
			return p.Name + " is missing"
		case len(values) == 0:
			continue
		}
		if problem := p.Schema.JudgeText(values[0]); problem != "" {
			return p.Name + ": " + problem
		}
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	content, known := o.Body.Content[media]
	if !known {
		return fmt.Sprintf("the type is %q, which the document does not know", media)
	}
	return content.Schema.Judge(body)
}
