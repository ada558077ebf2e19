// Command node runs a deployment of many links that is one file:
//
//	go run ./examples/node -config examples/node/links.yaml
//
// Clients connect to the file's acceptors; their requests go to a group of links, and
// they are told what became of them: see package relay. Which group is that of an
// acceptor, -route says; where the file has one group, it is that of all acceptors.
// Requests of hosts, for network management (class 8), are answered: echoes with 00,
// all else with 12.
//
// A web page shows it all: -console. It lets nobody do anything, unless the environment
// has ISOLINK_OPERATOR=NAME:PASSWORD: then whoever knows these sees the page, and may
// pause, resume and restart links, sign them on and off, and test them. It is plain HTTP:
// give it an address of the machine itself, or of a proxy with TLS.
//
//	kill -HUP     reads the file again, and applies what has changed; a wrong file changes nothing
//	kill          (SIGTERM, or an interrupt) ends it in order: clients first, since what
//	              they have asked for still needs the links
//
// It exits with 0, with 1 when it could not start or something was cut short, with 2
// when it was called wrongly, or its file is wrong; -check tells no more than that.
//
// To read it: node.go is how the file becomes links, and again after it has changed,
// run.go the life of the program.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/isolink-go/isolink/examples/internal/flags"
)

func main() { flags.Main(command) }

// command is main, with what it depends on. It returns the exit code.
func command(ctx context.Context, args []string, out, complaints io.Writer) int {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	return flags.Run("node", args, complaints, parse, func(o options) error { return run(ctx, o, hangups, out) })
}
