package main

import (
	"fmt"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

// matches are about which answer is whose.
var matches = []scenario{
	{"the same STAN twice in flight", sameSTAN},
	{"answers come too late", lateAnswers},
	{"an answer that cannot be unpacked", unreadableAnswer},
	{"messages of the host, in their order", inOrder},
}

func sameSTAN(s *stage) (string, []check.Line, error) {
	const pairs = 20
	timeout := s.times * 500 * time.Millisecond
	type asked struct {
		conn  *linktest.Conn
		frame linktest.Frame
	}
	var held journal[asked]
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{Recorder: log, Handle: func(c *linktest.Conn, f linktest.Frame) error {
		held.add(asked{c, f})
		return nil
	}})
	c, err := s.client(setup{addr: host.Addr()})
	if err != nil {
		return "", nil, err
	}
	firsts, err := start(c, 1, pairs, timeout)
	if err != nil {
		return "", nil, err
	}
	eventually(timeout, func() bool { return len(held.list()) == pairs })
	seconds := make([]*call, pairs)
	for i := range seconds {
		if seconds[i], err = one(c, 1+i, identifier(pairs+1+i), timeout); err != nil {
			return "", nil, err
		}
	}
	eventually(timeout/5, func() bool { return len(held.list()) == 2*pairs })
	for _, a := range held.list() {
		if err := linktest.Reply()(a.conn, a.frame); err != nil {
			return "", nil, err
		}
	}
	firsts, seconds = await(firsts, timeout+s.slack), await(seconds, timeout+s.slack)
	written := 0
	for _, call := range seconds {
		written += log.Received(call.id)
	}
	return fmt.Sprintf("first: %s; second: %s", s.outcomes(pairs, firsts), s.outcomes(pairs, seconds)), []check.Line{
		check.None("misdelivered", s.count(firsts, anothers)+s.count(seconds, anothers)),
		check.Exactly("first answered", s.count(firsts, itsOwn), pairs),
		check.Exactly("second not sent", s.count(seconds, notSent), pairs),
		check.None("second received", written),
	}, nil
}

func lateAnswers(s *stage) (string, []check.Line, error) {
	const n = 20
	timeout := s.times * 100 * time.Millisecond
	release := make(chan struct{})
	host := s.host(linktest.PeerConfig{Handle: linktest.Async(linktest.Hold(release, linktest.Reply()))})
	var lates journal[late]
	c, err := s.client(setup{addr: host.Addr(), late: lates.add})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, n, timeout)
	if err != nil {
		return "", nil, err
	}
	calls = await(calls, timeout+s.slack)
	close(release)
	s.eventually(func() bool { return len(lates.list()) >= n })
	told := make(map[string]int)
	with := 0
	for _, l := range lates.list() {
		id, err := l.response.GetString(37)
		if err != nil {
			return "", nil, err
		}
		told[id]++
		if l.request != nil {
			if asked, err := l.request.GetString(37); err == nil && asked == id {
				with++
			}
		}
	}
	return fmt.Sprintf("%s; %d told, %d with their request", s.outcomes(n, calls), len(told), with), []check.Line{
		check.Exactly("in doubt", s.count(calls, inDoubt), n),
		check.Exactly("told late", len(told), n),
		check.Exactly("once", len(lates.list()), n),
		check.Exactly("with their request", with, n),
	}, nil
}

func unreadableAnswer(s *stage) (string, []check.Line, error) {
	timeout := s.times * time.Second
	cut := linktest.ReplyWith(func(request linktest.Frame) (linktest.Frame, error) {
		f, err := linktest.Respond(request)
		f.Body = f.Body[:len(f.Body)-3] // within its last field
		return f, err
	})
	host := s.host(linktest.PeerConfig{Handle: linktest.Steps(cut)})
	c, err := s.client(setup{addr: host.Addr()})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, 1, timeout)
	if err != nil {
		return "", nil, err
	}
	calls = await(calls, timeout+s.slack)
	next, err := start(c, 2, 1, timeout)
	if err != nil {
		return "", nil, err
	}
	next = await(next, timeout+s.slack)
	return fmt.Sprintf("%s after %d ms, of %v; the next one: %s", s.outcomes(1, calls), slowest(calls).Milliseconds(), timeout, s.outcomes(1, next)),
		[]check.Line{
			check.Exactly("in doubt", s.count(calls, inDoubt), 1),
			check.AtMost("told, s", slowest(calls).Seconds(), timeout.Seconds()/2),
			check.Exactly("the next one answered", s.count(next, itsOwn), 1),
		}, nil
}

func inOrder(s *stage) (string, []check.Line, error) {
	const n = 300
	host := s.host(linktest.PeerConfig{Script: func(c *linktest.Conn) {
		for i := range n {
			m, err := message("0200", i+1, identifier(i+1))
			if err != nil {
				return
			}
			body, err := m.Pack()
			if err != nil || c.WriteFrame(linktest.Frame{Body: body}) != nil {
				return
			}
		}
		_ = c.Serve(linktest.Drop())
	}})
	var stans journal[string]
	if _, err := s.client(setup{addr: host.Addr(), inbound: func(m *iso8583.Message) {
		if stan, err := m.GetString(11); err == nil {
			stans.add(stan)
		}
	}}); err != nil {
		return "", nil, err
	}
	s.eventually(func() bool { return len(stans.list()) == n })
	all := stans.list()
	overtaken := 0
	for i := 1; i < len(all); i++ {
		if all[i] < all[i-1] {
			overtaken++
		}
	}
	return fmt.Sprintf("%d of %d handled, %d behind a later one", len(all), n, overtaken), []check.Line{
		check.Exactly("handled", len(all), n),
		check.None("behind a later one", overtaken),
	}, nil
}
