package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/isolink-go/isolink/supervisor/linktest"
	"github.com/isolink-go/isolink/testdata/check"
)

// missedPings is how many in a row end a session.
const missedPings = 3

// stalls are hosts that do not read, or do not answer.
var stalls = []scenario{
	{"the host stops reading", hostStopsReading},
	{"requests wait behind a write that blocks", waitBehindAWrite},
	{"the host answers no pings", noPings},
	{"the host takes no goodbye of TLS", noGoodbye},
}

func hostStopsReading(s *stage) (string, []check.Line, error) {
	const n, timeout = 1_000, 200 * time.Millisecond
	host := s.host(linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
		if tcp, ok := c.NetConn().(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4096) // less is taken by the kernel
		}
		c.StopReading()
	}})
	oracle := linktest.NewOracle(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if tcp, ok := conn.(*net.TCPConn); ok {
			err = tcp.SetWriteBuffer(32 << 10)
		}
		return conn, err
	})
	c, err := s.client(setup{addr: host.Addr(), oracle: oracle})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, n, timeout)
	if err != nil {
		return "", nil, err
	}
	back := await(calls, timeout+s.slack)
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	closed := make(chan struct{})
	begin := time.Now()
	go func() {
		_ = c.close(ctx) // what was cut short is no fault here
		close(closed)
	}()
	ended := "Close took %.2f s"
	select {
	case <-closed:
	case <-time.After(timeout + s.slack):
		ended = "Close is not back after %.1f s"
	}
	took := time.Since(begin)
	return fmt.Sprintf("%d of %d sends with %v back after %v; "+ended, len(back), n, timeout, timeout+s.slack, took.Seconds()),
		[]check.Line{
			check.None("hung", n-len(back)),
			check.AtLeast("in doubt", s.count(back, inDoubt), 1),
			check.AtLeast("not sent", s.count(back, notSent), 1),
			check.AtMost("the slowest, s", slowest(back).Seconds(), (timeout + s.slack).Seconds()),
			check.AtMost("Close, s", took.Seconds(), (timeout + s.slack).Seconds()),
		}, nil
}

func waitBehindAWrite(s *stage) (string, []check.Line, error) {
	const n, timeout = 100, 100 * time.Millisecond
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{Recorder: log})
	oracle := linktest.NewOracle(nil)
	block := oracle.BlockAt(1, 10) // within the first message
	defer block.Release()
	c, err := s.client(setup{addr: host.Addr(), oracle: oracle})
	if err != nil {
		return "", nil, err
	}
	first, err := start(c, 1, 1, patience)
	if err != nil {
		return "", nil, err
	}
	select {
	case <-block.Reached():
	case <-time.After(s.patience):
		return "", nil, errors.New("the first request is not written")
	}
	behind, err := start(c, 2, n, timeout)
	if err != nil {
		return "", nil, err
	}
	back := len(await(behind, timeout+s.slack))
	block.Release()
	await(first, patience)
	last, err := start(c, n+2, 1, patience)
	if err != nil {
		return "", nil, err
	}
	await(last, patience)
	written := 0
	for _, call := range behind {
		written += log.Received(call.id)
	}
	return fmt.Sprintf("%d of %d with %v back while it blocks; %d written behind their deadline", back, n, timeout, written),
		[]check.Line{
			check.None("hung", n-back),
			check.None("written behind their deadline", written),
			check.Exactly("answered behind it", s.count(append(first, last...), itsOwn), 2),
		}, nil
}

func noPings(s *stage) (string, []check.Line, error) {
	idle, timeout := s.times*100*time.Millisecond, s.times*100*time.Millisecond
	log := linktest.NewRecorder(identify)
	host := s.host(linktest.PeerConfig{Handle: linktest.Drop(), Recorder: log})
	begin := time.Now()
	c, err := s.client(setup{addr: host.Addr(), idle: idle, pingTimeout: timeout})
	if err != nil {
		return "", nil, err
	}
	bound := idle + missedPings*timeout
	gone := eventually(bound+s.slack, func() bool { return !c.alive() })
	took := time.Since(begin)
	text := fmt.Sprintf("online still after %.1f s and %d pings", took.Seconds(), log.Total())
	if gone {
		text = fmt.Sprintf("given up after %.2f s and %d pings", took.Seconds(), log.Total())
	}
	return text, []check.Line{
		check.AtLeast("pings", log.Total(), missedPings),
		check.AtMost("given up, s", took.Seconds(), (bound + s.slack).Seconds()),
	}, nil
}

func noGoodbye(s *stage) (string, []check.Line, error) {
	config, err := serverTLS()
	if err != nil {
		return "", nil, err
	}
	host := s.host(linktest.PeerConfig{TLS: config, Handle: linktest.All(linktest.Reply(), linktest.StopReading())})
	c, err := s.client(setup{addr: host.Addr(), secure: true})
	if err != nil {
		return "", nil, err
	}
	calls, err := start(c, 1, 1, patience)
	if err != nil {
		return "", nil, err
	}
	await(calls, patience)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	begin := time.Now()
	if err := c.close(ctx); err != nil {
		return "", nil, err
	}
	took := time.Since(begin)
	return fmt.Sprintf("Close took %.2f s", took.Seconds()), []check.Line{
		check.Exactly("answered", s.count(calls, itsOwn), 1),
		check.AtMost("Close, s", took.Seconds(), s.slack.Seconds()),
	}, nil
}
