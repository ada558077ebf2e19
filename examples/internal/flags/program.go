package flags

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// Main runs a program that works until it is told to stop, and exits. The first
// SIGINT or SIGTERM ends the context, a second one the program at once.
func Main(command func(ctx context.Context, args []string, out, complaints io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Run parses the arguments and runs a program. It returns the exit code: 0; 2 for
// a wrong call or configuration; 1 when the program failed.
func Run[O any](name string, args []string, complaints io.Writer, parse func([]string, io.Writer) (O, error), run func(O) error) int {
	o, err := parse(args, complaints)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	wrong := err != nil
	if err == nil {
		err = run(o)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(complaints, "%s: %v\n", name, err)
	var (
		inFile *supervisor.FileError
		fault  *messages.ConfigError
	)
	switch {
	case !wrong && errors.As(err, &inFile):
		return 2
	case wrong || errors.As(err, &fault):
		fmt.Fprintf(complaints, "%s -h explains the flags\n", name)
		return 2
	}
	return 1
}
