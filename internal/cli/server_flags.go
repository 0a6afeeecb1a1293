package cli

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringflow/internal/client"
	"ringflow/internal/strict"
	"ringflow/internal/version"
)

// Where the verbs that speak to a server find its address and the client.
const (
	defaultServer = "http://127.0.0.1:8080"
	envServer     = "RINGFLOW_SERVER"
	envClientID   = "RINGFLOW_CLIENT_ID"
	envSecret     = "RINGFLOW_CLIENT_SECRET"
	flagServer    = "server"
	flagClientID  = "client-id"
	settingsFile  = "ringflow/client.yaml" // in the user's configuration folder
)

// serverFlags are the flags of the server and the client, and the file
// ~/.config/ringflow/client.yaml. The command line goes before
// the environment, and that before the file. The secret has no flag: other users of the
// machine see command lines.
type serverFlags struct {
	Server string `yaml:"server"`
	ID     string `yaml:"client_id"`
	Secret string `yaml:"client_secret"`

	serverFrom, idFrom, secretFrom string // where each stood: a flag, a variable, the file
}

// newServerFlags adds the flags that such a verb has.
func newServerFlags(f *flag.FlagSet) *serverFlags {
	var s serverFlags
	f.StringVar(&s.Server, flagServer, "", "the server's base `URL`; without it "+envServer+" says it, then client.yaml, then it is "+defaultServer)
	f.StringVar(&s.ID, flagClientID, "", "the `ID` of the client who asks; without it "+envClientID+" says it, then client.yaml")
	return &s
}

// connect returns a client of the server. It asks nothing of it yet.
func (r *serverFlags) connect() (*client.Client, error) {
	file, err := readSettingsFile()
	if err != nil {
		return nil, err
	}
	path := settingsPath()
	r.Server, r.serverFrom = firstOf(setting{r.Server, "--" + flagServer}, setting{os.Getenv(envServer), envServer}, setting{file.Server, path}, setting{defaultServer, "the default"})
	r.ID, r.idFrom = firstOf(setting{r.ID, "--" + flagClientID}, setting{os.Getenv(envClientID), envClientID}, setting{file.ID, path})
	r.Secret, r.secretFrom = firstOf(setting{os.Getenv(envSecret), envSecret}, setting{file.Secret, path})
	if r.ID == "" || r.Secret == "" {
		return nil, fmt.Errorf("who asks is not known: set %s and %s to a client of the server's configuration, or write client_id and client_secret to %s",
			envClientID, envSecret, path)
	}
	return client.New(client.Config{Server: r.Server, ID: r.ID, Secret: r.Secret, UserAgent: version.Product()})
}

// setting is a value, empty if it is not set there, with where it stands.
type setting struct{ value, from string }

// firstOf returns the first setting that is set.
func firstOf(all ...setting) (value, from string) {
	for _, s := range all {
		if s.value != "" {
			return s.value, s.from
		}
	}
	return "", ""
}

// settingsPath is where the file would be.
func settingsPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return filepath.Join("~/.config", settingsFile)
	}
	return filepath.Join(dir, settingsFile)
}

// readSettingsFile reads the file, if there is one. It holds a secret: other users may
// not have access to it.
func readSettingsFile() (serverFlags, error) {
	var c serverFlags
	path := settingsPath()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read who asks: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return c, fmt.Errorf("%s holds a secret that others on this machine can read: chmod 600 %[1]s", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read who asks: %w", err)
	}
	d, err := strict.Parse(path, text)
	if err == nil {
		d.Decode("yaml", &c)
		err = d.Err()
	}
	if err != nil {
		return c, fmt.Errorf("%s must hold server, client_id and client_secret, each a text: %w", path, err)
	}
	return c, nil
}

// explain adds what to do to an error of a server or of the connection to it.
func (r *serverFlags) explain(err error) error {
	if err == nil {
		return nil
	}
	if suggestion := r.suggestion(err); suggestion != "" {
		return fmt.Errorf("%w\n%s", err, suggestion)
	}
	return err
}

func (r *serverFlags) suggestion(err error) string {
	if refused, ok := errors.AsType[*client.Refusal](err); ok {
		return r.suggestionOnRefusal(refused)
	}
	if unreached, ok := errors.AsType[*url.Error](err); ok && !unreached.Timeout() {
		if strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
			return "It speaks http, not https: write http" + strings.TrimPrefix(r.Server, "https") + "."
		}
		return fmt.Sprintf("Is a server running at %s? Name another with --server or %s.", r.Server, envServer)
	}
	return ""
}

// listOf is the verb that lists what an operation names, such as prompt list for
// deletePrompt. What belongs to a flow is named by the flow.
func listOf(operation string) string {
	operation = strings.ToLower(operation)
	if operation == "executions" || operation == "calls" {
		return "flow list" // by which they are selected: nothing else of them can be missing
	}
	for _, known := range []struct{ noun, verb string }{
		{"flow", "flow list"}, {"prompt", "prompt list"}, {"secret", "secret list"}, {"connection", "connection list"},
		{"function", "function list"}, {"webhook", "webhook list"}, {"call", "calls"}, {"trunk", "trunks"}, {"execution", "executions"},
	} {
		if strings.Contains(operation, known.noun) {
			return known.verb
		}
	}
	return "flow list"
}

func (r *serverFlags) suggestionOnRefusal(refused *client.Refusal) string {
	again := "Try again in a moment."
	if refused.RetryAfter > 0 {
		again = fmt.Sprintf("Try again in %s.", refused.RetryAfter.Round(time.Second))
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		return fmt.Sprintf("Is %q (from %s) with the secret from %s a client of the server at %s (from %s)? See that server's accounts[].clients. Another server is named by --%s or %s.",
			r.ID, r.idFrom, r.secretFrom, r.Server, r.serverFrom, flagServer, envServer)
	case http.StatusForbidden:
		return fmt.Sprintf("Give the client %q the scope in the server's accounts[].clients[].scopes.", r.ID)
	case http.StatusNotFound:
		if refused.Body.Message == "" {
			return fmt.Sprintf("Is %s the base URL of a Ringflow server?", r.Server)
		}
		return "`ringflow " + listOf(refused.Operation) + "` shows what there is."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if strings.Contains(refused.Error(), "interactions a second") {
			return again + " The server's accounts[].rate_limit says how many starts a second it takes."
		}
		return again
	case http.StatusInternalServerError:
		return "The server's log says more."
	}
	return ""
}
