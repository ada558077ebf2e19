package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// isolinkTimeout is the time within which a link must come up or close.
const isolinkTimeout = 10 * time.Second

// linkPath is a link of a manager of its own.
type linkPath struct {
	shape   *sample.Shape
	manager *supervisor.Manager
	link    *supervisor.Link
}

// openLink waits for the link, not for others that its manager has.
func openLink(to target, shape *sample.Shape, callers int, others ...supervisor.LinkConfig) (linkPath, error) {
	manager, err := supervisor.New(nil, supervisor.Config{
		Links: append(others, supervisor.LinkConfig{
			Name: "bench", Addrs: []string{to.addr}, Spec: sample.Spec, Framing: framing.Binary2{},
			SendTimeout: to.sendTimeout(), MaxInFlight: 2 * callers,
		}),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return linkPath{}, fmt.Errorf("isolink: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), isolinkTimeout)
	defer cancel()
	p := linkPath{shape: shape, manager: manager, link: manager.Link("bench")}
	if err := p.link.Await(ctx, messages.Up); err != nil {
		return linkPath{}, fmt.Errorf("isolink: %w", err)
	}
	return p, nil
}

// Close ends the manager.
func (p linkPath) Close() error { return closeManager(p.manager) }

func closeManager(m *supervisor.Manager) error {
	ctx, cancel := context.WithTimeout(context.Background(), isolinkTimeout)
	defer cancel()
	return m.Close(ctx)
}

// framePath exchanges packed messages.
type framePath struct{ linkPath }

func openFrame(to target, shape *sample.Shape, callers int) (Path, error) {
	p, err := openLink(to, shape, callers)
	return framePath{p}, err
}

func (p framePath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	body := p.shape.AppendBody(make([]byte, 0, p.shape.Size()), stan)
	response, err := p.link.Exchange(ctx, body)
	if err != nil {
		return err
	}
	return p.shape.Verify(response, stan)
}

// messagePath exchanges messages.
type messagePath struct{ linkPath }

func openMessage(to target, shape *sample.Shape, callers int) (Path, error) {
	p, err := openLink(to, shape, callers)
	return messagePath{p}, err
}

func (p messagePath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	request, err := p.shape.Message(stan)
	if err != nil {
		return err
	}
	response, err := p.link.Send(ctx, request)
	if err != nil {
		return err
	}
	return p.shape.VerifyMessage(response, stan)
}
