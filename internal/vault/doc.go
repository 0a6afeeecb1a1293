// Package vault seals what must not be read off a disk or a backup: AES-256-GCM
// under a key that lies in a file of its own, each text bound to what it is
// about, so that none can be put in the place of another.
//
// It deliberately does not know what is sealed, nor where that is kept.
//
// Read it in this order: vault.go, then keyfile.go.
package vault
