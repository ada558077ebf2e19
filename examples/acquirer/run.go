package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// run sends what the options say, until ctx ends at the latest, and prints what
// became of it. It reports whether every send was answered. The error says why
// nothing was sent, or what the end of the links has cut short.
func run(ctx context.Context, o options, out io.Writer) (answered bool, err error) {
	logger := slog.New(slog.DiscardHandler)
	if o.verbose {
		logger = slog.New(slog.NewTextHandler(out, nil))
	}
	stans, err := messages.NewSTANs(messages.STANConfig{Store: traffic.STANsFrom(o.stan)})
	if err != nil {
		return false, err
	}
	manager, err := supervisor.New(nil, supervisor.Config{Links: o.links, Logger: logger})
	if err != nil {
		return false, err
	}
	defer func() {
		// All sends have settled: there is nothing to wait for.
		closing, cancel := context.WithTimeout(context.Background(), o.wait)
		defer cancel()
		err = errors.Join(err, manager.Close(closing))
	}()
	if err := awaitUp(ctx, manager, o.wait); err != nil {
		return false, err
	}
	tally := send(ctx, o, manager, stans, out)
	report(out, manager, tally)
	total := tally.Total()
	return total.Sent > 0 && total.Answered() == total.Sent, nil
}

// awaitUp waits for all links. The error joins those that did not come up, each
// with why it failed last.
func awaitUp(ctx context.Context, manager *supervisor.Manager, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var faults []error
	for _, link := range manager.Links() {
		faults = append(faults, link.Await(ctx, messages.Up))
	}
	return errors.Join(faults...)
}

func send(ctx context.Context, o options, manager *supervisor.Manager, stans *messages.STANs, out io.Writer) *traffic.Tally {
	if o.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.length)
		defer cancel()
	}
	links := manager.Links()
	tally := traffic.NewTally(len(links))
	sender := traffic.Sender{
		Spec: o.spec, Samples: o.samples, STANs: stans, Observer: tally,
		// References of later runs do not meet those of this one.
		FirstReference: uint64(time.Now().UnixMicro()),
		Rate:           o.rate, Count: o.count, Timeout: o.timeout,
	}
	for _, link := range links {
		sender.Links = append(sender.Links, link)
	}
	progress := traffic.StartProgress(out, o.verbose, func() string {
		c := tally.Total()
		return fmt.Sprintf("sent %d, answered %d, not sent %d, in doubt %d",
			c.Sent, c.Answered(), c.Outcomes[traffic.NotSent], c.Outcomes[traffic.InDoubt])
	})
	sender.Run(ctx) // what has not settled shows in the table
	progress.Stop()
	return tally
}

func report(out io.Writer, manager *supervisor.Manager, tally *traffic.Tally) {
	var names []string
	var statuses []supervisor.Status
	for _, link := range manager.Links() {
		names = append(names, link.Name())
		statuses = append(statuses, link.Status())
	}
	t := traffic.NewTable(out, names)
	t.Outcomes(tally)
	t.Causes(tally)
	t.CountRow("late replies", func(link int) uint64 { return statuses[link].Counters.Late })
	t.CountRow("frames that nobody waited for", func(link int) uint64 { return statuses[link].Counters.Unmatched })
	t.CountRow("sessions", func(link int) uint64 { return statuses[link].Counters.Sessions })
	t.Latencies(tally)
}
