package supervisor_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// nowhere, as a place to answer on, keeps a request until answerHeld.
const nowhere = -1

// switchboard lets hosts answer on each other's connections: choose says on which
// host's last connection what came to host i is answered. An answer whose
// connection is broken is lost.
type switchboard struct {
	t      *testing.T
	choose func(i int) int

	mu    sync.Mutex
	conns map[int]*linktest.Conn // by host; the last one
	held  []linktest.Frame
}

// take is what host i does with a request.
func (s *switchboard) take(i int) linktest.Step {
	return func(_ *linktest.Conn, f linktest.Frame) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if on := s.choose(i); on != nowhere {
			s.answer(on, f)
		} else {
			s.held = append(s.held, f)
		}
		return nil
	}
}

func (s *switchboard) answer(on int, f linktest.Frame) {
	reply, err := linktest.Respond(f)
	if err != nil {
		s.t.Error(err)
		return
	}
	_ = s.conns[on].WriteFrame(reply)
}

// answerHeld answers what was kept on the last connection of that host.
func (s *switchboard) answerHeld(on int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.held {
		s.answer(on, f)
	}
	s.held = nil
}

// scopeRig is a rig of links that share a scope.
type scopeRig struct {
	*rig
	*switchboard
}

// startScope starts n links "a", "b", …, whose hosts answer as choose says.
func startScope(t *testing.T, n int, choose func(i int) int, change func(*rigConfig)) *scopeRig {
	t.Helper()
	s := &switchboard{t: t, choose: choose, conns: make(map[int]*linktest.Conn)}
	r := startUpRig(t, n, func(c *rigConfig) {
		for i := range c.hosts {
			c.hosts[i].Handle = s.take(i)
			c.hosts[i].OnAccept = func(conn *linktest.Conn) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.conns[i] = conn
			}
		}
	}, func(c *rigConfig) {
		for i := range c.links {
			c.links[i].Scope = "pair"
		}
		if change != nil {
			change(c)
		}
	})
	made := &scopeRig{r, s}
	for i := range n {
		made.isBack(i, 1) // a link may be up before its host has accepted
	}
	return made
}

// link is the handle of link i.
func (r *scopeRig) link(i int) *supervisor.Link { return r.manager.Link(linkName(i)) }

// send exchanges a frame over link i in a goroutine of its own, and returns when
// the link's host keeps it.
func (r *scopeRig) send(i int, frame []byte) <-chan error {
	r.rig.t.Helper()
	return r.sendWith(patient(r.rig.t), i, frame)
}

func (r *scopeRig) sendWith(ctx context.Context, i int, frame []byte) <-chan error {
	r.rig.t.Helper()
	out := make(chan error, 1)
	go func() {
		_, err := r.link(i).Exchange(ctx, frame)
		out <- err
	}()
	require.Eventually(r.rig.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.held) == 1
	}, patience, time.Millisecond, "the host has it")
	return out
}

// isBack waits until host i has that connection, and link i is up.
func (r *scopeRig) isBack(i, number int) {
	r.rig.t.Helper()
	require.Eventually(r.rig.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.conns[i] != nil && r.conns[i].Number() == number
	}, patience, time.Millisecond)
	require.NoError(r.rig.t, r.link(i).Await(patient(r.rig.t), messages.Up))
}

// breaks ends the session of link i, which then stays down.
func (r *scopeRig) breaks(i int) {
	r.rig.t.Helper()
	conn := connOf(r.rig.t, r.hosts[i], 1)
	require.NoError(r.rig.t, r.hosts[i].SetAdmission(linktest.Refuse))
	require.NoError(r.rig.t, conn.Reset())
	require.NoError(r.rig.t, r.link(i).Await(patient(r.rig.t), messages.Waiting))
}
