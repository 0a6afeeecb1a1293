package cli

import (
	"os"
)

// goodConfig is a configuration without a mistake, which tests change.
var goodConfig = mustRead("../config/testdata/good.yaml")

func mustRead(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(text)
}
