package config

import (
	"errors"
	"path/filepath"

	"ringflow/internal/resource"
	"ringflow/internal/vault"
)

// KeyFile is the secrets key inside the data directory, unless the configuration
// names another.
const KeyFile = "secrets.key"

// FixedResources turns the configuration's connections and webhooks into resources.
func (c *Config) FixedResources() (all []resource.Fixed, err error) {
	connections, faults := c.HTTPConnections()
	webhooks, more := c.EventWebhooks()
	for _, one := range connections {
		all = append(all, resource.FixedConnection(one))
	}
	for _, one := range webhooks {
		all = append(all, resource.FixedWebhook(one))
	}
	return all, errors.Join(faults, more)
}

// OpenVault opens the secrets key.
func (c *Config) OpenVault(dataDir string) (*vault.Vault, error) {
	if c.SecretsKey == "" {
		return vault.Open(filepath.Join(dataDir, KeyFile))
	}
	v, err := vault.Open(c.Relative(c.SecretsKey))
	if err != nil {
		return nil, c.ErrorAt("$.secrets_key", err)
	}
	return v, nil
}
