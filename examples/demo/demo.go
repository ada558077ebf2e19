package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/isolink-go/isolink/examples/internal/issuer"
	"github.com/isolink-go/isolink/examples/internal/traffic"
	"github.com/isolink-go/isolink/examples/internal/web"
	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/console"
	"github.com/isolink-go/isolink/testdata"
)

// links is how many there are, each with a host of its own.
const links = 3

// group is the index of the group's column: it comes behind those of the links.
const group = links

// columns are the names of what is sent by: the links, and the group of them all.
func columns() []string {
	var names []string
	for i := range links {
		names = append(names, fmt.Sprintf("link-%d", i+1))
	}
	return append(names, "group")
}

// Bounds of what should take no time, so that nothing can hang.
const (
	upWithin    = 10 * time.Second
	closeWithin = 10 * time.Second
	goneWithin  = 3 * time.Second
)

// demo is one run.
type demo struct {
	options options
	out     io.Writer
	columns []string
	plan    [][]issuer.Fault
	stans   *messages.STANs
	samples *traffic.Samples
	ledger  *ledger
	book    *book
	hosts   []*issuer.Host
	manager *supervisor.Manager
	web     *web.Server
}

// run runs the demo and prints it. It returns false when a check failed, and an
// error when there was nothing to check. When ctx ends early, it ends the run in
// order; what needs a whole run is then not checked.
func run(ctx context.Context, o options, out io.Writer) (ok bool, err error) {
	d := &demo{
		options: o, out: out, columns: columns(), ledger: new(ledger), book: newBook(columns()),
		plan: issuer.NewPlan(o.seed, o.length(), links),
	}
	goroutines := runtime.NumGoroutine()
	if err := d.start(); err != nil {
		return false, err
	}
	settled, up, err := d.course(ctx)
	if err := d.stop(); err != nil {
		return false, err
	}
	if err != nil {
		return false, err
	}
	if !settled {
		fmt.Fprintln(out, "some sends are still under way long after their time-out")
	}
	// Whatever was under way is counted by now.
	end := outcome{
		links: d.statuses(), passedOn: d.group().Status().PassedOn, hosts: d.hostReports(),
		up: up, goroutines: goroutinesBeyond(goroutines, goneWithin),
	}
	d.table(end)
	return d.checks(end, ctx.Err() != nil), nil
}

// start starts hosts and links. What was started when it fails is ended.
func (d *demo) start() error {
	samples, err := testdata.Files.Open("transactions.hex")
	if err != nil {
		return err
	}
	defer samples.Close() //nolint:errcheck // embedded
	if d.samples, err = traffic.ReadSamples(samples, spec87.Spec); err != nil {
		return fmt.Errorf("transactions.hex: %w", err)
	}
	hostTLS, linkTLS, err := certificates()
	if err != nil {
		return err
	}
	logger := slog.New(slog.DiscardHandler)
	if d.options.verbose {
		printPlan(d.out, d.plan)
		logger = slog.New(slog.NewTextHandler(d.out, nil))
	}
	if err := d.connect(hostTLS, linkTLS, logger); err != nil {
		return errors.Join(err, d.stop())
	}
	return nil
}

// connect starts the hosts, the links to them with their group, and the console.
func (d *demo) connect(hostTLS, linkTLS *tls.Config, logger *slog.Logger) error {
	for i := range links {
		if err := d.startHost(i, hostTLS, logger); err != nil {
			return err
		}
	}
	config, stans, err := d.load(linkTLS)
	if err != nil {
		return err
	}
	config.Logger, d.stans = logger, stans
	if d.manager, err = supervisor.New(nil, config); err != nil {
		return err
	}
	if d.web, err = web.Serve(d.manager, d.options.console, console.Options{Title: "isolink demo", Logger: logger}, nil); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "Watch it at %s while it runs; -seconds 300 gives you five minutes.\n\n", d.web.URL())
	return nil
}

// course is the run itself: the links come up, the senders send while the hosts
// misbehave, and at the end the links come up again.
func (d *demo) course(ctx context.Context) (settled bool, up int, err error) {
	if up := d.awaitUp(ctx); up < links {
		return false, up, fmt.Errorf("only %d of %d links came up", up, links)
	}
	var misbehaving sync.WaitGroup
	for i, h := range d.hosts {
		misbehaving.Go(func() { h.Misbehave(ctx, d.plan[i]) })
	}
	progress := traffic.StartProgress(d.out, d.options.verbose, d.progress)
	defer progress.Stop()
	sending, cancel := context.WithTimeout(ctx, d.options.length())
	defer cancel()
	settled = d.sender().Run(sending)
	misbehaving.Wait()
	return settled, d.awaitUpAgain(), nil
}

func (d *demo) sender() *traffic.Sender {
	s := &traffic.Sender{
		Spec: spec87.Spec, Samples: d.samples, STANs: d.stans, FirstReference: 1, Observer: d.book,
		Rate: d.options.rate, Timeout: sendTimeout,
	}
	for _, name := range d.columns[:group] {
		s.Links = append(s.Links, d.manager.Link(name))
	}
	s.Links = append(s.Links, d.group())
	return s
}

func (d *demo) group() *supervisor.Group { return d.manager.Group(d.columns[group]) }

// awaitUp waits until all links are up, and counts those that are.
func (d *demo) awaitUp(ctx context.Context) (up int) {
	ctx, cancel := context.WithTimeout(ctx, upWithin)
	defer cancel()
	for _, link := range d.manager.Links() {
		if link.Await(ctx, messages.Up) == nil {
			up++
		}
	}
	return up
}

// awaitUpAgain waits until what the hosts have done is over and done with:
// nothing is delayed, they have connections that they did nothing to, and the
// links are up.
func (d *demo) awaitUpAgain() (up int) {
	ctx, cancel := context.WithTimeout(context.Background(), upWithin)
	defer cancel()
	for _, h := range d.hosts {
		h.AwaitQuiet(ctx)
		h.AwaitUsable(ctx)
	}
	return d.awaitUp(ctx)
}

func (d *demo) statuses() []supervisor.Status {
	var all []supervisor.Status
	for _, link := range d.manager.Links() {
		all = append(all, link.Status())
	}
	return all
}

// stop ends what was started: the links, then the hosts and the console.
func (d *demo) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	var faults []error
	if d.manager != nil {
		faults = append(faults, d.manager.Close(ctx))
	}
	faults = append(faults, d.closeHosts(ctx))
	if d.web != nil {
		faults = append(faults, d.web.Close(ctx))
	}
	return errors.Join(faults...)
}

// pollEvery is how often is looked for what nobody tells of.
const pollEvery = 5 * time.Millisecond

// goroutinesBeyond is how many goroutines there are beyond that many. It gives
// those that are ending the time to end.
func goroutinesBeyond(before int, within time.Duration) int {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for start := time.Now(); runtime.NumGoroutine() > before && time.Since(start) < within; {
		<-ticker.C
	}
	return max(0, runtime.NumGoroutine()-before)
}
