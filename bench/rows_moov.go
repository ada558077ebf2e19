package main

import (
	"context"
	"fmt"
	"io"

	connection "github.com/moov-io/iso8583-connection"
	"github.com/moov-io/iso8583/network"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// moovPath is a client of github.com/moov-io/iso8583-connection, set up as its
// documentation does. It packs and unpacks by itself.
type moovPath struct {
	shape *sample.Shape
	conn  *connection.Connection
}

func openMoov(to target, shape *sample.Shape, _ int) (Path, error) {
	conn, err := connection.New(to.addr, sample.Spec, readBinary2, writeBinary2, connection.SendTimeout(to.sendTimeout()),
		func(o *connection.Options) error { o.TLSConfig = to.tls; return nil })
	if err != nil {
		return nil, fmt.Errorf("moov: %w", err)
	}
	if err := conn.Connect(); err != nil {
		return nil, fmt.Errorf("moov: %w", err)
	}
	return &moovPath{shape: shape, conn: conn}, nil
}

func (p *moovPath) Exchange(_ context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	request, err := p.shape.Message(stan)
	if err != nil {
		return err
	}
	response, err := p.conn.Send(request)
	if err != nil {
		return fmt.Errorf("moov: %w", err)
	}
	return p.shape.VerifyMessage(response, stan)
}

func (p *moovPath) Close() error { return p.conn.Close() }

func readBinary2(r io.Reader) (int, error) {
	header := network.NewBinary2BytesHeader()
	if _, err := header.ReadFrom(r); err != nil {
		return 0, err
	}
	return header.Length(), nil
}

func writeBinary2(w io.Writer, length int) (int, error) {
	header := network.NewBinary2BytesHeader()
	if err := header.SetLength(length); err != nil {
		return 0, err
	}
	return header.WriteTo(w)
}
