package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/isolink-go/isolink/bench/internal/proc"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// perPort is how many links go to one port: a client has some 28,000 ports of its own
// for each of its host's.
const perPort = 1000

// fleet is the process with the links.
type fleet struct {
	options
	host     *child
	addrs    []string // the last one is for links that flap
	manager  *supervisor.Manager
	attempts attempts
	progress io.Writer
}

// measure makes all phases, in turn.
func (o options) measure(found *report, progress io.Writer) (err error) {
	f := &fleet{options: o, progress: progress}
	if f.host, err = startHost((o.links+perPort-1)/perPort, nil); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.host.kill()) }()
	f.addrs = f.host.first.Addrs
	if found.hostBefore, err = f.host.ask(order{Do: askStats}); err != nil {
		return err
	}
	warm(3 * o.links)
	found.before = proc.Now()
	for _, phase := range []func(*report) error{f.start, f.closed, f.killed, f.flapping, f.close} {
		if err := phase(found); err != nil {
			return err
		}
	}
	return nil
}

// warm starts n goroutines and lets them end. The runtime keeps what describes a
// goroutine, some hundred bytes, for the next one and for ever: those of the links, of
// their attempts and of the load would look like a leak.
func warm(n int) {
	var all sync.WaitGroup
	end := make(chan struct{})
	for range n {
		all.Go(func() { <-end })
	}
	close(end)
	all.Wait()
}

// backoff is that of links that do not flap: its random part has the same window after
// each failure.
func (o options) backoff() supervisor.Backoff {
	return supervisor.Backoff{MinDelay: min(time.Second, o.cap/4), Base: o.cap, Cap: o.cap, StableAfter: time.Hour}
}

// link is the configuration of a link to the i-th address.
func (f *fleet) link(name string, i int, b supervisor.Backoff) supervisor.LinkConfig {
	return supervisor.LinkConfig{
		Name: name, Addrs: []string{f.addrs[i]}, Spec: sample.Spec, Framing: framing.Binary2{}, Dial: f.attempts.dial, Backoff: b,
	}
}

func nameOf(i int) string { return fmt.Sprintf("link-%d", i) }

// start brings all up, and takes what they hold.
func (f *fleet) start(found *report) error {
	config := supervisor.Config{Logger: slog.New(slog.DiscardHandler)}
	for i := range f.links {
		config.Links = append(config.Links, f.link(nameOf(i), i/perPort, f.backoff()))
	}
	begin := time.Now()
	manager, err := supervisor.New(nil, config)
	if err != nil {
		return err
	}
	f.manager = manager
	if err := f.awaitAll(); err != nil {
		return err
	}
	found.started = time.Since(begin)
	if err := f.awaitSessions(f.links); err != nil {
		return err
	}
	found.up = proc.Now()
	if found.hostUp, err = f.host.ask(order{Do: askStats}); err != nil {
		return err
	}
	f.say("all up in %v", found.started)
	return nil
}

// closed has the host end all sessions at once.
func (f *fleet) closed(found *report) error {
	return f.storm(&found.closed, false, func() error {
		answer, err := f.host.ask(order{Do: askDrop})
		found.closed.ended = answer.Ended
		return err
	})
}

// killed kills the host and starts it anew at the same ports, later.
func (f *fleet) killed(found *report) error {
	found.killed.ended = f.links
	return f.storm(&found.killed, true, func() (err error) {
		if err = f.host.kill(); err != nil {
			return err
		}
		<-time.After(f.down)
		f.host, err = startHost(0, f.addrs)
		return err
	})
}

// storm measures how all come back.
func (f *fleet) storm(s *storm, away bool, drop func() error) error {
	f.attempts.take()
	sessions := f.sessions()
	stalls := watchStalls()
	begin := time.Now()
	err := drop()
	if away {
		begin = time.Now() // the host is there again
	}
	if err == nil {
		err = f.awaitSince(sessions)
	}
	s.back = time.Since(begin)
	s.stall = stalls.end()
	if err != nil {
		return err
	}
	var at []time.Time
	at, s.failed = f.attempts.take()
	s.attempts, s.most = len(at), most(at, time.Second)
	// What was due in a second, and while the process stood still before.
	s.predicted = mostPredicted(f.backoff(), f.links, time.Second+s.stall, away)
	f.say("all back %v later", s.back)
	return f.awaitSessions(f.links)
}

// sessions are the numbers of all links' sessions.
func (f *fleet) sessions() []uint64 {
	links := f.manager.Links()
	all := make([]uint64, len(links))
	for i, l := range links {
		all[i] = l.Status().Session
	}
	return all
}

// awaitAll waits until all links are up.
func (f *fleet) awaitAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, l := range f.manager.Links() {
		if err := l.Await(ctx, messages.Up); err != nil {
			return fmt.Errorf("link %s is %v: %w", l.Name(), l.Status().State, err)
		}
	}
	return nil
}

// awaitSince waits until all links are up in a later session.
func (f *fleet) awaitSince(sessions []uint64) error {
	links := f.manager.Links()
	return eventually("all links are up again", func() bool {
		for len(links) > 0 {
			if s := links[0].Status(); s.State != messages.Up || s.Session <= sessions[0] {
				return false
			}
			links, sessions = links[1:], sessions[1:]
		}
		return true
	})
}

// awaitSessions waits until the host has that many.
func (f *fleet) awaitSessions(n int) error {
	var last hostStats
	var err error
	late := eventually("sessions of the host", func() bool {
		last, err = f.host.ask(order{Do: askStats})
		return err != nil || last.Sessions == n
	})
	if err == nil && late != nil {
		err = fmt.Errorf("the host has %d sessions, not %d: %w", last.Sessions, n, late)
	}
	return err
}

func eventually(what string, so func() bool) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for begin := time.Now(); !so(); <-ticker.C {
		if time.Since(begin) > patience {
			return fmt.Errorf("not within %v: %s", patience, what)
		}
	}
	return nil
}

// close ends the manager, and then the host.
func (f *fleet) close(found *report) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	begin := time.Now()
	if err := f.manager.Close(ctx); err != nil {
		return err
	}
	f.say("closed in %v", time.Since(begin))
	f.manager, found.load.links, found.load.unsent = nil, nil, nil
	f.attempts.take()
	found.after = proc.Settled(found.before)
	if err := f.awaitSessions(0); err != nil {
		return err
	}
	var err error
	if found.hostAfter, err = f.host.ask(order{Do: askStats}); err != nil {
		return err
	}
	found.hostFirst = f.host.first
	found.hostLast, err = f.host.end()
	return err
}

func (f *fleet) say(format string, args ...any) {
	fmt.Fprintf(f.progress, format+"\n", args...)
}
