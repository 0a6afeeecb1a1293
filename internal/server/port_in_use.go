package server

import (
	"errors"
	"fmt"
	"syscall"
)

// explainPortInUse says of a port that another program has how to find out which.
func explainPortInUse(err error, list string) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: `%s` shows by which program; end that, or choose another port", err, list)
	}
	return err
}
