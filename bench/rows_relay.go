package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/messages"
)

// relayRows are the ways to do what a switch does to each message between two
// links, without the links.
var relayRows = []row{
	{name: rowRelayUnpack, open: relaying(relayByUnpacking)},
	{name: rowRelayView, open: relaying(relayByView)},
}

// The names by which the goal refers to the rows.
const (
	rowRelayUnpack = "relay/unpack"
	rowRelayView   = "relay/view"
)

// relayed is what a relay routes by, and what it passes on.
type relayed struct {
	mti, pan string
	frame    []byte
}

// relayPath relays requests of 18 fields: it reads the MTI and the PAN, and gives
// the message another STAN. An exchange is one message relayed.
type relayPath struct {
	shape *sample.Shape
	relay func(frame []byte, stan string) (relayed, error)
}

func relaying(relay func(frame []byte, stan string) (relayed, error)) func(target, *sample.Shape, int) (Path, error) {
	return func(_ target, shape *sample.Shape, _ int) (Path, error) { return relayPath{shape, relay}, nil }
}

func (p relayPath) Exchange(_ context.Context, caller int, seq uint64) error {
	in, out := sample.STAN(caller, seq), sample.STAN(caller, seq+1)
	r, err := p.relay(p.shape.AppendBody(make([]byte, 0, p.shape.Size()), in), sample.STANText(out))
	switch {
	case err != nil:
		return err
	case r.mti != "0200" || r.pan != p.shape.Text(2):
		return fmt.Errorf("%w: wrong MTI or PAN", sample.ErrMismatch)
	}
	var room [512]byte
	if !bytes.Equal(r.frame, p.shape.AppendBody(room[:0], out)) {
		return fmt.Errorf("%w: not what was to be relayed", sample.ErrMismatch)
	}
	return nil
}

func (relayPath) Close() error { return nil }

// viewer is made once, as a link has one.
var viewer = sync.OnceValues(func() (*messages.Viewer, error) { return messages.NewViewer(sample.Spec) })

func relayByView(frame []byte, stan string) (r relayed, err error) {
	made, err := viewer()
	if err != nil {
		return r, err
	}
	v, err := made.View(frame)
	if err != nil {
		return r, err
	}
	pan, err := v.String(2)
	if err != nil {
		return r, err
	}
	patched, err := v.Patch(nil, messages.SetField(11, stan))
	return relayed{v.MTI().String(), pan, patched}, err
}

func relayByUnpacking(frame []byte, stan string) (r relayed, err error) {
	m := iso8583.NewMessage(sample.Spec)
	if err := m.Unpack(frame); err != nil {
		return r, err
	}
	mti, errMTI := m.GetMTI()
	pan, errPAN := m.GetString(2)
	if err := errors.Join(errMTI, errPAN, m.Field(11, stan)); err != nil {
		return r, err
	}
	packed, err := m.Pack()
	return relayed{mti, pan, packed}, err
}
