package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"ringflow/internal/rig/bare"
)

// callBare calls the numbers on standard input with sipgo alone, PER_SECOND of
// them. It fails unless every call is whole: the test that started it measures
// the processor time of that many.
func callBare(ctx context.Context, carrier string, args []string) error {
	perSecond := 0
	if len(args) == 1 {
		perSecond, _ = strconv.Atoi(args[0])
	}
	if perSecond < 1 {
		return fmt.Errorf("bare %q: want PER_SECOND, a whole number of at least 1", args)
	}
	to, err := netip.ParseAddrPort(carrier)
	if err != nil {
		return fmt.Errorf("-carrier-addr %q: %w", carrier, err)
	}
	lines, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("read numbers: %w", err)
	}
	numbers := strings.Fields(string(lines))
	caller, err := bare.New(to)
	if err != nil {
		return err
	}
	whole, err := caller.Run(ctx, numbers, perSecond)
	if err == nil && whole < len(numbers) {
		err = fmt.Errorf("%d of %d calls are whole", whole, len(numbers))
	}
	return errors.Join(err, caller.Close())
}
