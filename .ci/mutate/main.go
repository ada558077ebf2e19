// Command mutate shows that the tests notice a broken promise. For each file
// *.mutation of a folder it
//
//  1. copies the tree to a temporary folder,
//  2. runs the tests that the mutation names: they must be green, and must be there,
//  3. makes the mutation's one change, which must apply and compile,
//  4. runs the same tests again, three times if need be: now they must be red.
//
// A mutation whose tests stay green has survived: the promise that it breaks is
// not tested. The command exits with 1 when one survives, when one could not be
// tried, or when there is none. The folder's README tells the format.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// run is the command without its process: it returns an error where the command
// exits with 1.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(out)
	root := flags.String("root", ".", "folder of the module to mutate; never written to")
	folder := flags.String("mutations", "mutations", "folder of the *.mutation files")
	only := flags.String("only", "", "try this mutation alone: its file's name without .mutation")
	parallel := flags.Int("parallel", 2, "how many mutations are tried at a time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *parallel < 1 {
		return fmt.Errorf("-parallel is %d, must be 1 or more", *parallel)
	}
	mutations, err := load(*folder, *only)
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "mutate-")
	if err != nil {
		return err
	}
	results := tryAll(ctx, mutations, newTrial(*root, temporary), temporary, *parallel, out)
	return errors.Join(results.report(out), ctx.Err(), os.RemoveAll(temporary))
}

// tryAll tries every mutation, parallel at a time, and prints each result as it
// comes. Each worker has one folder for all its copies: at an unchanged path, Go's
// build cache holds for all packages but the changed one.
func tryAll(ctx context.Context, mutations []mutation, t *trial, temporary string, parallel int, out io.Writer) tally {
	work := make(chan mutation)
	results := make(chan result)
	var workers sync.WaitGroup
	for i := range parallel {
		workers.Go(func() {
			copied := filepath.Join(temporary, fmt.Sprint(i), "tree")
			for m := range work {
				results <- t.try(ctx, m, copied)
			}
		})
	}
	go func() {
		for _, m := range mutations {
			work <- m
		}
		close(work)
		workers.Wait()
		close(results)
	}()
	var all tally
	for r := range results {
		all.add(r)
		fmt.Fprintln(out, r)
	}
	return all
}
