package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/isolink-go/isolink/examples/internal/issuer"
)

// run is the host's life: it ends with ctx, and then prints what the host has
// done. The error says why there was no host, or what its end has cut short.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	logger := slog.New(slog.DiscardHandler)
	if o.verbose {
		logger = slog.New(slog.NewTextHandler(out, nil))
	}
	config := issuer.Config{
		Name: "host", Addr: o.listen, Framing: o.framing, TLSFiles: o.tls, Timeout: o.timeout, Logger: logger,
	}
	if o.faults {
		config.Treat = func(reference string) issuer.Treatment { return issuer.Treat(o.seed, reference) }
	}
	if o.ledger != "" {
		file, err := os.OpenFile(o.ledger, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		config.Ledger = issuer.NewLines(file)
	}
	host, err := issuer.Listen(config)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on %s (%s)\n", host.Addr(), o.framing)
	serve(ctx, host, o)
	closing, cancel := context.WithTimeout(context.Background(), o.within)
	defer cancel()
	err = host.Close(closing)
	summary(out, host, o.faults)
	return err
}

// serve lets the host work until ctx ends.
func serve(ctx context.Context, host *issuer.Host, o options) {
	var misbehaving sync.WaitGroup
	if o.faults {
		misbehaving.Go(func() {
			for seed := o.seed; ctx.Err() == nil; seed++ {
				host.Misbehave(ctx, plan(seed, o.every))
			}
		})
	}
	<-ctx.Done()
	misbehaving.Wait()
}

// plan is what the host does to its connections in the next minutes. The demo has
// its links come back at once; others take their time, and so does this host.
func plan(seed uint64, every time.Duration) []issuer.Fault {
	faults := issuer.NewPlan(seed, time.Minute, 1)[0]
	for i := range faults {
		faults[i].At = time.Duration(i+1) * every
	}
	return faults
}

// summary prints what the host has done.
func summary(out io.Writer, host *issuer.Host, faults bool) {
	s := host.Status()
	// A request's second reply, and a late one, are posts.
	fmt.Fprintf(out, "requests %d, replies %d, connections %d, refusals %d\n",
		s.Counters.Requests, s.Counters.Replied+s.Counters.Posted, s.Accepted, s.Refused.Total())
	if !faults {
		return
	}
	for _, k := range issuer.Kinds() {
		fmt.Fprintf(out, "%s: %d\n", k, host.Faults(k))
	}
}
