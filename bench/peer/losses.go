package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

// losses are connections that end.
var losses = []scenario{
	{"resets, while sends time out", resetsWhileTimingOut},
	{"a new connection ends behind its sign-on", endBehindSignOn},
	{"the three ways to get no answer", threeOutcomes},
	{"requests in flight when the connection ends", inFlightAtTheEnd},
	{"answers, and the end right behind them", answersThenTheEnd},
	{"many links are dropped at once", manyDropped},
}

func resetsWhileTimingOut(s *stage) (string, []check.Line, error) {
	const rounds, n, timeout = 20, 50, 20 * time.Millisecond
	var resets atomic.Int64
	var all [][]*call
	for range rounds {
		after := timeout - 5*time.Millisecond + time.Duration(s.random.Int64N(int64(10*time.Millisecond)))
		host := s.host(linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
			if f.Seq != 1 || c.Number() != 1 {
				return nil
			}
			return linktest.Async(linktest.Delay(after, func(c *linktest.Conn, f linktest.Frame) error {
				resets.Add(1)
				return linktest.ResetConn()(c, f)
			}))(c, f)
		}})
		c, err := s.client(setup{addr: host.Addr()})
		if err != nil {
			return "", nil, err
		}
		round, err := start(c, 1, n, timeout)
		if err != nil {
			return "", nil, err
		}
		all = append(all, round)
		await(round, 3*timeout)
	}
	var calls []*call
	hung, lost := 0, 0
	over := time.Now().Add(s.slack)
	for _, round := range all {
		back := await(round, time.Until(over))
		if missing := n - len(back); missing > 0 {
			hung++
			lost += missing
		}
		calls = append(calls, back...)
	}
	return fmt.Sprintf("sends hang in %d of %d rounds: %d of %d are not back after %v", hung, rounds, lost, rounds*n, s.slack),
		[]check.Line{
			check.None("hung", lost),
			check.AtLeast("resets", resets.Load(), rounds/2),
			check.AtLeast("in doubt", s.count(calls, inDoubt), rounds),
		}, nil
}

// endBehindSignOn drops a connection that works; the next one ends while the client is
// at work behind its sign-on, and all later ones work.
func endBehindSignOn(s *stage) (string, []check.Line, error) {
	const n = 20
	reply := linktest.Reply()
	end := linktest.All(reply, linktest.Delay(work/5, linktest.CloseConn()))
	clients := make([]client, n)
	for i := range clients {
		host := s.host(linktest.PeerConfig{Handle: linktest.ByConn(reply, end, reply)})
		var err error
		if clients[i], err = s.client(setup{addr: host.Addr(), signOn: true, reconnect: 50 * time.Millisecond}); err != nil {
			return "", nil, err
		}
	}
	within := min(s.slack, s.patience)
	first := s.work(clients, within)
	for _, h := range s.hosts {
		for _, conn := range h.Conns() {
			_ = conn.Reset() // the client may have closed it
		}
	}
	signedOn := func(h *linktest.Peer) bool { return h.Accepted() >= 2 }
	s.eventually(func() bool { return !slices.ContainsFunc(s.hosts, func(h *linktest.Peer) bool { return !signedOn(h) }) })
	time.Sleep(2 * work) // it is over for the client, too
	again := s.work(clients, within)
	return fmt.Sprintf("%d of %d clients work, and %d again within %v", first, n, again, within), []check.Line{
		check.Exactly("work", first, n),
		check.Exactly("work again", again, n),
	}, nil
}

// work is how long a client is at work behind its sign-on.
const work = 50 * time.Millisecond

// work is how many of the clients have an exchange answered within that time.
func (s *stage) work(clients []client, within time.Duration) int64 {
	var works atomic.Int64
	var trying sync.WaitGroup
	for _, c := range clients {
		trying.Go(func() {
			if eventually(within, func() bool { return s.works(c) }) {
				works.Add(1)
			}
		})
	}
	trying.Wait()
	return works.Load()
}

// works reports whether an exchange is answered.
func (s *stage) works(c client) bool {
	if !c.alive() {
		return false
	}
	calls, err := start(c, int(s.stan.Add(1)), 1, s.slack)
	return err == nil && len(await(calls, 2*s.slack)) == 1 && s.outcomeOf(calls[0]) == itsOwn
}

func threeOutcomes(s *stage) (string, []check.Line, error) {
	const n = 5
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{Handle: linktest.Drop(), Recorder: log})
	c, err := s.client(setup{addr: host.Addr()})
	if err != nil {
		return "", nil, err
	}
	unanswered, err := start(c, 1, n, s.times*100*time.Millisecond)
	if err != nil {
		return "", nil, err
	}
	unanswered = await(unanswered, s.slack)
	lost, err := start(c, n+1, n, patience)
	if err != nil {
		return "", nil, err
	}
	s.eventually(func() bool { return log.Total() == 2*n })
	if err := host.SetAdmission(linktest.Refuse); err != nil {
		return "", nil, err
	}
	for _, conn := range host.Conns() {
		_ = conn.Reset() // the client may have closed it
	}
	lost = await(lost, s.slack)
	s.eventually(func() bool { return !c.alive() })
	never, err := start(c, 2*n+1, n, patience)
	if err != nil {
		return "", nil, err
	}
	never = await(never, s.slack)
	received := 0
	for _, call := range never {
		received += log.Received(call.id)
	}
	text := fmt.Sprintf("no answer: %s; connection lost: %s; never written: %s",
		s.outcomes(n, unanswered), s.outcomes(n, lost), s.outcomes(n, never))
	return text, []check.Line{
		check.Exactly("no answer, and in doubt", s.count(unanswered, inDoubt), n),
		check.Exactly("connection lost, and in doubt", s.count(lost, inDoubt), n),
		check.Exactly("never written, and not sent", s.count(never, notSent), n),
		check.Exactly("received of the first two", log.Total(), 2*n),
		check.None("received of the third", received),
	}, nil
}

func inFlightAtTheEnd(s *stage) (string, []check.Line, error) {
	const n = 100
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{Handle: linktest.Drop(), Recorder: log})
	c, err := s.client(setup{addr: host.Addr()})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, n, patience)
	if err != nil {
		return "", nil, err
	}
	s.eventually(func() bool { return log.Total() == n })
	begin := time.Now()
	for _, conn := range host.Conns() {
		_ = conn.Reset()
	}
	back := await(calls, s.slack)
	took := time.Since(begin)
	return fmt.Sprintf("%d of %d back after %d ms, long before their deadline in %v", len(back), n, took.Milliseconds(), patience), []check.Line{
		check.Exactly("in doubt", s.count(back, inDoubt), n),
		check.AtMost("all back, s", took.Seconds(), s.slack.Seconds()),
	}, nil
}

func answersThenTheEnd(s *stage) (string, []check.Line, error) {
	const rounds, n = 20, 20
	var calls []*call
	for round := range rounds {
		host := s.host(linktest.PeerConfig{Script: func(c *linktest.Conn) {
			var all []byte
			for range n {
				f, err := c.ReadFrame()
				if err != nil {
					return
				}
				answer, err := linktest.Respond(f)
				if err != nil {
					return
				}
				if all, err = (framing.Binary2{}).Append(all, nil, answer.Body); err != nil {
					return
				}
			}
			_ = c.WriteRaw(all)
			_ = c.Close()
		}})
		c, err := s.client(setup{addr: host.Addr()})
		if err != nil {
			return "", nil, err
		}
		some, err := start(c, 1+round*n, n, patience)
		if err != nil {
			return "", nil, err
		}
		calls = append(calls, some...)
		await(some, s.slack/rounds)
	}
	calls = await(calls, s.slack)
	return s.outcomes(rounds*n, calls),
		[]check.Line{check.Exactly("answered", s.count(calls, itsOwn), rounds*n)}, nil
}

func manyDropped(s *stage) (string, []check.Line, error) {
	const n = 50
	wait := s.times * 300 * time.Millisecond
	var accepted journal[time.Time]
	host := s.host(linktest.PeerConfig{OnAccept: func(*linktest.Conn) { accepted.add(time.Now()) }})
	for range n {
		if _, err := s.client(setup{addr: host.Addr(), reconnect: wait}); err != nil {
			return "", nil, err
		}
	}
	if !s.eventually(func() bool { return len(accepted.list()) == n }) {
		return "", nil, errors.New("not all clients have connected")
	}
	dropped := time.Now()
	for _, conn := range host.Conns() {
		_ = conn.Reset()
	}
	s.eventually(func() bool { return len(accepted.list()) >= 2*n })
	var back []time.Duration
	for _, at := range accepted.list()[n:] {
		back = append(back, at.Sub(dropped))
	}
	if len(back) < n {
		return fmt.Sprintf("%d of %d came back", len(back), n), []check.Line{check.Exactly("back", len(back), n)}, nil
	}
	slices.Sort(back)
	spread := back[n*9/10] - back[n/10]
	text := fmt.Sprintf("back after %d to %d ms, four in five within %d ms of each other",
		back[0].Milliseconds(), back[n-1].Milliseconds(), spread.Milliseconds())
	return text, []check.Line{
		check.AtLeast("back", len(back), n),
		check.AtLeast("four in five spread over, s", spread.Seconds(), (wait / 2).Seconds()),
	}, nil
}
