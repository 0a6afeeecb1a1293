package server

import (
	"context"
	"errors"

	"ringflow/internal/config"
	"ringflow/internal/resource"
	"ringflow/internal/store"
)

// DiscardSecrets removes the resources of a data folder that the secrets key cannot
// unseal, and returns which. No server may run on the folder.
func DiscardSecrets(ctx context.Context, configPath, dataDir string) ([]resource.Key, error) {
	cfg, err := config.Load(configPath)
	if err != nil {
		return nil, err
	}
	key, err := cfg.OpenVault(dataDir)
	if err != nil {
		return nil, err
	}
	at, err := cfg.Record(dataDir)
	if err != nil {
		return nil, err
	}
	record, err := store.Open(at, nil)
	if err != nil {
		return nil, err
	}
	gone, err := resource.Discard(ctx, record, key)
	return gone, errors.Join(err, record.Close())
}
