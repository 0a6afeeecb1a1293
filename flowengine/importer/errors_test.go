package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
)

// What a mover's flow does about an invalid number it does too where a call could
// not be placed, unless the export says otherwise; checks have nothing to say then.
func TestErrorsOfACallGoWhereInvalidNumberLed(t *testing.T) {
	const export = `{"name":"x","trigger_type":"api_request","initial_step_id":"a","steps":[
		{"id":"a","name":"Start","component":{"name":"api_request-1"},"properties":{"arguments":[{"argument_name":"to","variable":"to"}]},"exits":[{"name":"ok","transition":"b"}]},
		{"id":"b","name":"Call","component":{"name":"make_outbound_call-1"},"properties":{"outbound_call_number":"+12025550100","destination_number":{"variable":"to"}},
		 "exits":[{"name":"answered","transition":"d"},{"name":"invalid_number","transition":"c"},{"name":"busy","transition":"e"},{"name":"no_answer","transition":"e"}]%[1]s},
		{"id":"c","name":"Tell","component":{"name":"traffic_splitter-1"},"exits":[{"name":"all","condition":{"weight":1},"transition":"e"}]},
		{"id":"d","name":"Agent","component":{"name":"forward_to_external_number-1"},"properties":{"external_number":"+12025550188"},
		 "exits":[{"name":"no_answer","transition":"e"},{"name":"invalid_number","transition":"f"}]%[1]s},
		{"id":"f","name":"Sorry","component":{"name":"play_audio-1"},"properties":{"audio_message":{"text":"Sorry","language":"en-US"}},"exits":[{"name":"ok","transition":"e"}]},
		{"id":"e","name":"End","component":{"name":"hangup_call-1"},"exits":[]}],"model":{"to":{"format":{"type":"string"}}}}`
	for name, c := range map[string]struct {
		setting string
		want    flowfile.OnError
	}{
		"none":           {``, flowfile.OnError{Kind: flowfile.OnErrorFollow, Exit: "invalid_number"}},
		"null":           {`,"on_error":null`, flowfile.OnError{Kind: flowfile.OnErrorFollow, Exit: "invalid_number"}},
		"default":        {`,"on_error":{"_key":"x","type":"default","name":"error"}`, flowfile.OnError{Kind: flowfile.OnErrorFollow, Exit: "invalid_number"}},
		"without a type": {`,"on_error":{"_key":"x","name":"error"}`, flowfile.OnError{Kind: flowfile.OnErrorFollow, Exit: "invalid_number"}},
		"end of flow":    {`,"on_error":{"type":"end_flow","name":"error"}`, flowfile.OnError{Kind: flowfile.OnErrorEndFlow}},
		"another exit":   {`,"on_error":{"type":"follow_exit","exit":"no_answer"}`, flowfile.OnError{Kind: flowfile.OnErrorFollow, Exit: "no_answer"}},
		"its own step":   {`,"on_error":{"type":"custom_exit","transition":"e"}`, flowfile.OnError{Kind: flowfile.OnErrorGoTo, To: "end"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := importer.Import("in.json", fmt.Appendf(nil, export, c.setting), "", nil)
			if err != nil {
				t.Fatal(err)
			}
			f, err := flowfile.Parse("out.yaml", r.Flow)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"call", "agent"} {
				got := stepOf(f, id).OnError
				if got.Line = 0; got != c.want {
					t.Errorf("on_error of %s is %+v\n%s", id, got, r.Flow)
				}
			}
			for _, p := range flowfile.Check(f, components.All(), flowfile.Environment{}) {
				if strings.Contains(p.Field, "on_error") {
					t.Error(p)
				}
			}
		})
	}
}
