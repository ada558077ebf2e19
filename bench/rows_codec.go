package main

import (
	"context"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/bench/internal/sample"
)

// codecPath builds and packs the request and unpacks the response, and nothing
// else: what every row that takes messages pays besides its link.
type codecPath struct{ shape *sample.Shape }

func openCodec(_ target, shape *sample.Shape, _ int) (Path, error) {
	return codecPath{shape: shape}, nil
}

func (p codecPath) Exchange(_ context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	request, err := p.shape.Message(stan)
	if err != nil {
		return err
	}
	body, err := request.Pack()
	if err != nil {
		return err
	}
	sample.Answer(body)
	response := iso8583.NewMessage(sample.Spec)
	if err := response.Unpack(body); err != nil {
		return err
	}
	return p.shape.VerifyMessage(response, stan)
}

func (codecPath) Close() error { return nil }
