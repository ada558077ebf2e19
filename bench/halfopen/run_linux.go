package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/isolink-go/isolink/testdata/check"
)

// longest is how long a run may take: three times what it takes.
const longest = 3 * time.Minute

func perform(o options, stdout, _ io.Writer) ([]check.Line, error) {
	switch o.role {
	case "host":
		return nil, serve(o, os.Stdin, stdout)
	case "forget":
		return nil, forget()
	case "link":
		go exitWithParent()
		return runAll(o, network{o.net}.at(), stdout)
	case "":
	default:
		return nil, fmt.Errorf("no role %q", o.role)
	}
	if reason := lacking(); reason != "" {
		fmt.Fprintln(stdout, "skipped:", reason)
		return nil, nil
	}
	return nil, inNetwork(o, stdout)
}

// lacking says what the machine lacks.
func lacking() string {
	if os.Geteuid() != 0 {
		return "network namespaces need root"
	}
	for _, program := range []string{"ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			return "there is no program " + program + " (Debian: apt-get install iproute2 iptables)"
		}
	}
	return ""
}

// inNetwork runs the link's side in a network of its own, which is removed whatever
// happens. A signal ends the link's process, and so the run.
func inNetwork(o options, stdout io.Writer) (err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := sweep(); err != nil {
		return err
	}
	n, err := newNetwork()
	if err != nil {
		fmt.Fprintln(stdout, "skipped: this machine gives no network of namespaces:", strings.Join(strings.Fields(err.Error()), " "))
		return nil
	}
	defer func() { err = errors.Join(err, n.remove()) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append(enter(n.link()), self, "-role", "link", "-net", n.base, "-only", o.only, "-seed", fmt.Sprint(o.seed))
	link := exec.Command(args[0], args[1:]...)
	link.Stdout, link.Stderr = stdout, os.Stderr
	alive, err := link.StdinPipe() // it ends with this process
	if err != nil {
		return err
	}
	defer func() { _ = alive.Close() }() // Wait has closed it
	if err := link.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- link.Wait() }()
	select {
	case err = <-done:
	case s := <-signals:
		_ = link.Process.Kill() // it may have ended at this moment
		err = errors.Join(fmt.Errorf("ended by %v", s), <-done)
	case <-time.After(longest):
		_ = link.Process.Kill()
		err = errors.Join(fmt.Errorf("not done after %v", longest), <-done)
	}
	return err
}

// exitWithParent ends the link's process when the one is gone that removes the network.
func exitWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// runAll runs the scenarios, and prints the table.
func runAll(o options, at site, stdout io.Writer) ([]check.Line, error) {
	begin := time.Now()
	fmt.Fprintf(stdout, "seed %d; IdleTime %v, echo timeout %v, MaxMissedEchoes %d, SendTimeout %v; slack %v\n",
		o.seed, idleTime, echoTimeout, missedEchoes, sendTimeout, slack)
	var results []result
	for _, s := range scenarios {
		if !strings.Contains(s.name, o.only) {
			continue
		}
		t := &trial{scenario: s, site: at, random: rand.New(rand.NewPCG(o.seed, uint64(len(results))))}
		r, err := t.run()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		results = append(results, r)
	}
	fmt.Fprintf(stdout, "%d scenarios, %v\n\n", len(results), time.Since(begin).Round(time.Second))
	if err := report(stdout, results); err != nil {
		return nil, err
	}
	fmt.Fprintln(stdout)
	var lines []check.Line
	for _, r := range results {
		lines = append(lines, r.checks()...)
	}
	return append(lines, totals(results)...), nil
}
