package demo

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"ringflow/internal/config"
	"ringflow/internal/sim"
	"ringflow/media"
)

// flowFile is the flow that the demo runs: the seed flow of the acceptance
// configuration. Go embeds nothing from above its package, so this is a copy;
// a test holds the two equal.
//
//go:embed installation-help.yaml
var flowFile []byte

// flowID is the flow's id: the name of its file.
const flowID = "installation-help"

// marker begins every configuration that a demo wrote: a folder with one may be
// cleared.
const marker = "# Written by ringflow demo."

const configTemplate = marker + ` A whole Ringflow on this machine alone: its trunk
# led to a simulated carrier, which is gone. With the address of your own there,
# and fixed ports instead of 0, this starts a server:
#   ringflow serve --config ringflow.yaml --data data
http: {listen: "127.0.0.1:0"}
sip: {listen: "127.0.0.1:0"}
rtp: {bind: 127.0.0.1, ports: 44000-44999}
drain: 5s
accounts:
  - name: demo
    rate_limit: 0
    clients:
      - id: demo
        secret: %q
        scopes: [flows-interactions:start, flows:read]
    numbers: [%q]
    destinations: {allow: [US]}
    trunks:
      - {name: carrier, targets: [%q]}
    flows: flows
`

// folder has all files of a demo.
type folder struct {
	path   string
	secret string // of the OAuth client
}

// newFolder makes a fresh folder at path, or a temporary one if path is
// empty. A folder that holds anything but an earlier demo is refused.
func newFolder(path string) (*folder, error) {
	if path == "" {
		temporary, err := os.MkdirTemp("", "ringflow-demo-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the demo: %w", err)
		}
		path = temporary
	}
	f := &folder{path: path, secret: rand.Text()}
	if err := f.clear(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(f.at("flows"), 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	return f, nil
}

// clear removes the files of an earlier demo.
func (f *folder) clear() error {
	entries, err := os.ReadDir(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return fmt.Errorf("look into the demo's folder: %w", err)
	}
	if written, err := os.ReadFile(f.at("ringflow.yaml")); err != nil || !bytes.HasPrefix(written, []byte(marker)) {
		return fmt.Errorf("--out %s: the folder holds something else than an earlier demo; name a new or an empty one", f.path)
	}
	for _, name := range []string{"data", "flows", "customer.wav", "agent.wav", "ringflow.log"} {
		if err := os.RemoveAll(f.at(name)); err != nil {
			return fmt.Errorf("remove what an earlier demo left: %w", err)
		}
	}
	return nil
}

// configure writes flow and configuration and loads them as serve would.
func (f *folder) configure(carrier netip.AddrPort, o Options) (config.Config, error) {
	flow, err := flowFor(o)
	if err != nil {
		return config.Config{}, err
	}
	configFile := fmt.Sprintf(configTemplate, f.secret, accountNumber, carrier)
	err = errors.Join(
		os.WriteFile(f.at("flows", flowID+".yaml"), flow, 0o644),
		os.WriteFile(f.at("ringflow.yaml"), []byte(configFile), 0o600),
	)
	if err != nil {
		return config.Config{}, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return config.Load(f.at("ringflow.yaml"))
}

// flowFor is the flow, with the shortest ring limit allowed if a party does not answer.
func flowFor(o Options) ([]byte, error) {
	if o.Customer != "silent" && o.Agent != "silent" {
		return flowFile, nil
	}
	const long, short = "ring_seconds: 15", "ring_seconds: 10"
	if n := strings.Count(string(flowFile), long); n != 2 {
		return nil, fmt.Errorf("shorten the flow's ringing: %q stands in it %d times, not twice", long, n)
	}
	return bytes.ReplaceAll(flowFile, []byte(long), []byte(short)), nil
}

// record writes the recordings of the phones and returns the names of the files. A
// phone without a call or without audio has none.
func (f *folder) record(calls []sim.Call) (files []string, err error) {
	for _, c := range calls {
		if len(c.Recording) == 0 {
			continue
		}
		name := partyName(c.Number) + ".wav"
		if err := os.WriteFile(f.at(name), media.EncodeWAV(c.Recording), 0o644); err != nil {
			return files, fmt.Errorf("write what the %s heard: %w", partyName(c.Number), err)
		}
		files = append(files, name)
	}
	return files, nil
}

func (f *folder) at(names ...string) string {
	return filepath.Join(append([]string{f.path}, names...)...)
}
