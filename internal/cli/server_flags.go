package cli

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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

// serverFlags are the flags of the server and the client. The command line goes before
// the environment, and that before the file. The secret has no flag: other users of the
// machine see command lines.
type serverFlags struct{ settings serverSettings }

// serverSettings is the file ~/.config/ringflow/client.yaml.
type serverSettings struct {
	Server string `yaml:"server"`
	ID     string `yaml:"client_id"`
	Secret string `yaml:"client_secret"`
}

// newServerFlags adds the flags that such a verb has.
func newServerFlags(f *flag.FlagSet) *serverFlags {
	var s serverFlags
	f.StringVar(&s.settings.Server, flagServer, "", "the server's base `URL`; without it "+envServer+" says it, then client.yaml, then it is "+defaultServer)
	f.StringVar(&s.settings.ID, flagClientID, "", "the `ID` of the client who asks; without it "+envClientID+" says it, then client.yaml")
	return &s
}

// connect returns a client of the server. It asks nothing of it yet.
func (r *serverFlags) connect() (*client.Client, error) {
	file, err := readSettingsFile()
	if err != nil {
		return nil, err
	}
	c := &r.settings
	c.Server = cmp.Or(c.Server, os.Getenv(envServer), file.Server, defaultServer)
	c.ID = cmp.Or(c.ID, os.Getenv(envClientID), file.ID)
	c.Secret = cmp.Or(os.Getenv(envSecret), file.Secret)
	if c.ID == "" || c.Secret == "" {
		return nil, fmt.Errorf("who asks is not known: set %s and %s to a client of the server's configuration, or write client_id and client_secret to %s",
			envClientID, envSecret, settingsPath())
	}
	return client.New(client.Config{Server: c.Server, ID: c.ID, Secret: c.Secret, UserAgent: version.Product()})
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
func readSettingsFile() (serverSettings, error) {
	var c serverSettings
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
