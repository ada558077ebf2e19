package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// run is the mux's life: it ends with ctx, and then prints what the mux has done.
// The error says why there was none, or what its end has cut short.
func run(ctx context.Context, o options, out io.Writer) error {
	logger := slog.New(slog.DiscardHandler)
	if o.verbose {
		logger = slog.New(slog.NewTextHandler(out, nil))
	}
	m, err := start(o, logger)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "listening on %s (%s)\n", m.acceptor.Addr(), o.framing)
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.Background(), o.within)
	defer cancel()
	err = m.manager.Close(closing)
	s := m.acceptor.Status()
	fmt.Fprintf(out, "answered %d, not sent %d, in doubt %d, wrong %d; clients %d\n",
		m.relay.Answered.Load(), m.relay.NotSent.Load(), m.relay.InDoubt.Load(), m.relay.Wrong.Load(), s.Accepted)
	return err
}
