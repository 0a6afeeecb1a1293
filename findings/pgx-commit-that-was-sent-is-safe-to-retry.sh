#!/usr/bin/env bash
# pgx says of a COMMIT that was sent, and whose answer was lost, that it is safe to
# retry.
#
# github.com/jackc/pgx/v5 v5.12.0; v5.13.0 says that it is not. pgconn.SafeToRetry "checks if the err is
# guaranteed to have occurred before sending any data to the server". Conn.Exec without
# arguments (the simple protocol, as for BEGIN and COMMIT) drops the error of the read,
# which closes the connection, and reports that the connection is closed: "conn closed",
# of which SafeToRetry is true. database/sql over it (stdlib's ExecContext) makes that
# driver.ErrBadConn, upon which a pool sends the statement again.
#
# Output seen: "v5.12.0: the server got COMMIT: true; error: conn closed; SafeToRetry: true", and of v5.13.0 false
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	got := make(chan bool, 1)
	go func() { // a server that takes any user, reads one message and goes away
		c, err := l.Accept()
		if err != nil {
			panic(err)
		}
		b := pgproto3.NewBackend(c, c)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			panic(err)
		}
		b.Send(&pgproto3.AuthenticationOk{})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if err := b.Flush(); err != nil {
			panic(err)
		}
		text := make([]byte, 100)
		n, _ := c.Read(text)
		got <- bytes.Contains(text[:n], []byte("COMMIT"))
		c.Close()
	}()
	conn, err := pgx.Connect(context.Background(), fmt.Sprintf("postgres://u@%s/d?sslmode=disable", l.Addr()))
	if err != nil {
		panic(err)
	}
	_, err = conn.Exec(context.Background(), "COMMIT")
	fmt.Printf("the server got COMMIT: %v; error: %v; SafeToRetry: %v\n", <-got, err, pgconn.SafeToRetry(err))
}
GO
for version in v5.12.0 v5.13.0; do
  cat > go.mod <<MOD
module finding

go 1.26

require github.com/jackc/pgx/v5 $version
MOD
  go mod tidy >/dev/null 2>&1
  echo "$version: $(go run .)"
done
