package main

import (
	"errors"
	"net"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// openRows are measured at a given rate.
var openRows = []row{
	{name: rowContract, open: openContract},
	{name: rowFrame, open: openFrame},
	{name: rowFailing, open: openFailing},
	{name: rowMoov, open: openMoov},
}

// failingPath is a link of a manager whose other link fails and restarts all the
// time: its host resets each connection.
type failingPath struct {
	framePath
	failing *supervisor.Link
	resets  net.Listener
}

func openFailing(to target, shape *sample.Shape, callers int) (Path, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go reset(l)
	p, err := openLink(to, shape, callers, supervisor.LinkConfig{
		Name: "failing", Addrs: []string{l.Addr().String()}, Spec: sample.Spec, Framing: framing.Binary2{},
		Backoff: supervisor.Backoff{MinDelay: 10 * time.Millisecond, Base: 10 * time.Millisecond, Cap: 10 * time.Millisecond},
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &failingPath{framePath{p}, p.manager.Link("failing"), l}, nil
}

// Close ends the host last, as one does that goes on resetting.
func (p *failingPath) Close() error { return errors.Join(p.framePath.Close(), p.resets.Close()) }

func reset(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0) // without it the connection ends in order, and fails its link as well
		_ = conn.Close()
	}
}
