package server

import (
	"os"
)

// serverConfig is a configuration without a mistake, which tests change.
var serverConfig = mustReadFile("../config/testdata/good.yaml")

func mustReadFile(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(text)
}
