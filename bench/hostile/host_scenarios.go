package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// hostScenarios are hosts that misbehave to a link over which 16 callers ask all the
// time. What ends then is the session; the link comes back, and every send settles by
// its deadline.
func hostScenarios() []scenario {
	unasked, echoes := repeated(100, "0210")(0), repeated(100, "0800")(0)
	half := wire(request("0210", 1, 200))
	return []scenario{
		{
			name: "host-slow", rate: "one byte a second of a response", limit: "Echo", within: silence,
			least: 1, ends: 1, error: "ErrNoEcho", told: ends(messages.ErrNoEcho), heap: someHeap,
			make: hosts(0, silence, true, func(a *attack, c *linktest.Conn) {
				a.begun(1)
				for i := range half {
					if c.WriteRaw(half[i:i+1]) != nil || c.Delay(time.Second) != nil {
						return
					}
				}
			}),
		},
		{
			name: "host-header-only", rate: "the length of MaxFrame, then nothing", limit: "Echo", within: silence,
			least: 1, ends: 1, error: "ErrNoEcho", told: ends(messages.ErrNoEcho), heap: someHeap,
			make: hosts(0, silence, true, says(1, []byte{maxFrame >> 8, 0})),
		},
		{
			name: "host-length-ffff", rate: "FFFF in each session", limit: "MaxFrame", within: time.Second,
			least: 2, ends: 1, error: "framing.ErrTooLarge", told: isTooLarge, heap: someHeap,
			make: hosts(0, time.Second, true, says(1, []byte{0xFF, 0xFF})),
		},
		{
			name: "host-never-reads", rate: "no byte is taken; requests of 16 KiB", limit: "WriteTimeout", within: silence,
			least: 1, ends: 1, error: "os.ErrDeadlineExceeded or ErrNoEcho", told: isDeaf, heap: someHeap + 4*16*(16<<10),
			make: hosts(16<<10, silence, false, func(a *attack, c *linktest.Conn) {
				a.begun(1)
				<-c.Context().Done()
			}),
		},
		{
			name: "host-never-answers", rate: "all is read, nothing said", limit: "Echo", within: silence,
			least: 1, ends: 1, error: "ErrNoEcho", told: ends(messages.ErrNoEcho), heap: someHeap,
			make: hosts(0, silence, true, says(1, nil)),
		},
		{
			name: "host-unasked", rate: "responses that nobody asked for, as fast as they are taken", limit: "MaxEvents",
			least: 10_000, error: "Unmatched", told: refused(errUnmatched), heap: someHeap + floodHeap,
			make: hosts(0, 0, true, again(100, unasked)),
		},
		{
			name: "host-keep-alives", rate: "1,000 keep-alives in each session", limit: "MaxKeepAlives", within: time.Second,
			least: 2_000, ends: 1, error: "ErrKeepAliveFlood", told: ends(messages.ErrKeepAliveFlood), heap: someHeap,
			make: hosts(0, time.Second, true, says(1_000, make([]byte, 2_000))),
		},
		{
			name: "host-echoes", rate: "0800 as fast as they are taken", limit: "MaxInbound",
			least: 10_000, error: "ErrOverloaded", told: refused(messages.ErrOverloaded), heap: someHeap + floodHeap,
			make: hosts(0, 0, true, again(100, echoes)),
		},
		{
			name: "host-hangs-up", rate: "each connection is closed at once", limit: "Backoff", within: time.Second,
			least: 5, ends: 1, error: "ErrPeerClosed", told: ends(messages.ErrPeerClosed), heap: someHeap,
			make: hosts(0, time.Second, false, func(a *attack, _ *linktest.Conn) { a.begun(1) }),
		},
	}
}

func isDeaf(cause, err error) bool {
	return isStall(cause, err) || ends(messages.ErrNoEcho)(cause, err)
}

// says says it once in each session.
func says(faults int, what []byte) func(*attack, *linktest.Conn) {
	return func(a *attack, c *linktest.Conn) {
		a.begun(faults)
		_ = c.WriteRaw(what) // the end is seen at the other end
		<-c.Context().Done()
	}
}

// again says it as long as it is taken.
func again(faults int, what []byte) func(*attack, *linktest.Conn) {
	return func(a *attack, c *linktest.Conn) {
		for c.WriteRaw(what) == nil {
			a.begun(faults)
		}
	}
}

// hosts is a host that misbehaves in each session, and a link to it, for as long as a
// flood, or as it takes to be found out and a little more. Requests have that size; 0 is the least.
func hosts(size int, foundOut time.Duration, reads bool, misbehaves func(*attack, *linktest.Conn)) func(context.Context, *world) *attack {
	return func(ctx context.Context, w *world) *attack {
		a := &attack{least: w.least}
		host := linktest.NewPeer(linktest.PeerConfig{
			Framing: framing.Binary2{},
			OnAccept: func(c *linktest.Conn) {
				if tcp, ok := c.NetConn().(*net.TCPConn); ok {
					_ = tcp.SetReadBuffer(16 << 10) // a host that reads none has taken little
				}
			},
			Script: func(c *linktest.Conn) {
				if reads {
					go func() {
						_, _ = io.Copy(io.Discard, c.NetConn())
						_ = c.Close()
					}()
				}
				misbehaves(a, c)
			},
		})
		defer host.Close()
		lives := new(lifetimes)
		a.heard = new(heard)
		config := session(a.heard)
		config.Name, config.Addrs, config.SendTimeout = "bad", []string{host.Addr()}, sendTimeout
		config.OnSession = lives.note
		config.Backoff = supervisor.Backoff{MinDelay: 100 * time.Millisecond, Base: 50 * time.Millisecond, Cap: 50 * time.Millisecond}
		link, err := w.manager.AddLink(config)
		if err != nil {
			a.failed(err)
			return a
		}
		ask(ctx, a, link, size, max(w.flood, foundOut+w.flood/2))
		a.failed(w.manager.RemoveLink(ctx, "bad"))
		for _, life := range lives.all() {
			a.over(life)
		}
		return a
	}
}

// lifetimes are of sessions that the other end brought to their end.
type lifetimes struct {
	mu    sync.Mutex
	began time.Time
	ended []time.Duration
}

func (l *lifetimes) note(e *messages.SessionChanged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !e.Ended:
		l.began = e.At
	case e.Reason != nil && !errors.Is(e.Reason, messages.ErrClosed):
		l.ended = append(l.ended, e.At.Sub(l.began))
	}
}

func (l *lifetimes) all() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// ask has callers ask over a link: each send settles in time, and none is answered,
// since nothing that comes is an answer.
func ask(ctx context.Context, a *attack, link *supervisor.Link, size int, d time.Duration) {
	until := time.Now().Add(d)
	of(16, func(caller int) {
		for seq := uint64(0); a.goesOn(ctx, until); seq++ {
			begin := time.Now()
			_, err := link.Exchange(ctx, request("0200", sample.STAN(caller, seq), size))
			took := time.Since(begin)
			switch {
			case err == nil:
				a.failed(errors.New("answered by nobody"))
			case took > sendTimeout+slack:
				a.failed(fmt.Errorf("it settled after %v: %w", took, err))
			case !errors.Is(err, messages.ErrNotSent) && !errors.Is(err, messages.ErrInDoubt):
				a.failed(err)
			}
			if errors.Is(err, messages.ErrNotSent) {
				time.Sleep(10 * time.Millisecond) // as a switch does that has nowhere to go
			}
		}
	})
}
