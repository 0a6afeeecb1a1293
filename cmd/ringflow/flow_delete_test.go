package main_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// TestFlowDelete: a flow that came over the API is deleted once nothing of it waits
// any more; one whose file is in the folder is not, until the file is gone.
func TestFlowDelete(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	server := w.serve(w.config(trunk{}, 5*time.Second))
	file, err := os.ReadFile(w.path("flows/hangup.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.api.PutFlowDraft(t.Context(), "spare", file); err != nil {
		t.Fatal(err)
	}
	if _, err := server.api.PublishFlow(t.Context(), "spare"); err != nil {
		t.Fatal(err)
	}
	x, err := server.api.CreateFlowInteraction(t.Context(), "spare", map[string]any{"contact_1": "nobody"}, api.CreateFlowInteractionParams{StartAt: time.Now().Add(time.Hour).Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.api.DeleteFlow(t.Context(), "spare"); refusal(err) != http.StatusConflict || !strings.Contains(err.Error(), x.FlowExecutionID) {
		t.Errorf("while one waits: %v", err)
	}
	if _, err := server.api.CancelExecution(t.Context(), x.FlowExecutionID); err != nil {
		t.Fatal(err)
	}
	show := func(flow string) (status int, body string) {
		status, _, body = server.ask(server.token(), "GET", "/v1/flows/"+flow, nil)
		return status, body
	}
	within(t, 20*time.Second, "it is deleted", func() string {
		if err := server.api.DeleteFlow(t.Context(), "spare"); err != nil {
			return err.Error()
		}
		return ""
	})
	if status, body := show("spare"); status != http.StatusNotFound {
		t.Errorf("once deleted: %d %s", status, body)
	}
	if err := server.api.DeleteFlow(t.Context(), "hangup"); refusal(err) != http.StatusConflict || !strings.Contains(err.Error(), "flows/hangup.yaml") {
		t.Errorf("while its file is there: %v", err)
	}
	if v, err := server.api.UnpublishFlow(t.Context(), "hangup"); err != nil || v.File != "flows/hangup.yaml" {
		t.Errorf("taken out of service while its file is there: %+v, %v", v, err)
	}
	server.reload("msg=reloaded")
	if status, body := show("hangup"); status != http.StatusOK || !strings.Contains(body, `"status":"archived"`) {
		t.Errorf("after a reload of the same file: %d %s", status, body)
	}
	if err := os.Remove(w.path("flows/hangup.yaml")); err != nil {
		t.Fatal(err)
	}
	server.reload("msg=reloaded")
	if err := server.api.DeleteFlow(t.Context(), "hangup"); err != nil {
		t.Errorf("once its file is gone: %v", err)
	}
	w.write("flows/hangup.yaml", file)
	server.reload("msg=reloaded")
	if status, body := show("hangup"); status != http.StatusOK || !strings.Contains(body, `"number":1,`) || !strings.Contains(body, `"status":"published"`) {
		t.Errorf("once its file is back: %d %s", status, body)
	}
	server.stop()
}
