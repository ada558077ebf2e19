package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// isolinkTimeout is the time within which links must come up or close, thousands of
// them on a machine that does other things too.
const isolinkTimeout = time.Minute

// linkPath is the links of a manager of its own.
type linkPath struct {
	shape   *sample.Shape
	manager *supervisor.Manager
	links   []*supervisor.Link // a caller keeps to one of them
}

func (p *linkPath) link(caller int) *supervisor.Link { return p.links[caller%len(p.links)] }

// openLink starts links and waits for them, not for others that their manager has.
func openLink(to target, shape *sample.Shape, callers int, others ...supervisor.LinkConfig) (*linkPath, error) {
	return openLinks(to, shape, callers, supervisor.Config{Links: others})
}

// openLinks is openLink with what else the manager's configuration has.
func openLinks(to target, shape *sample.Shape, callers int, config supervisor.Config) (*linkPath, error) {
	others := len(config.Links)
	for i := range max(to.links, 1) {
		config.Links = append(config.Links, supervisor.LinkConfig{
			Name: fmt.Sprintf("bench-%d", i), Addrs: []string{to.link(i).addr}, TLS: to.tls, Spec: sample.Spec, Framing: framing.Binary2{},
			SendTimeout: to.sendTimeout(), MaxInFlight: 2 * callers,
		})
	}
	config.Logger = slog.New(slog.DiscardHandler)
	manager, err := supervisor.New(nil, config)
	if err != nil {
		return nil, fmt.Errorf("isolink: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), isolinkTimeout)
	defer cancel()
	p := &linkPath{shape: shape, manager: manager, links: manager.Links()[others:]}
	for _, link := range p.links {
		if err := link.Await(ctx, messages.Up); err != nil {
			return nil, errors.Join(fmt.Errorf("isolink: %w", err), p.Close())
		}
	}
	return p, nil
}

// Close ends the manager.
func (p *linkPath) Close() error { return closeManager(p.manager) }

func closeManager(m *supervisor.Manager) error {
	ctx, cancel := context.WithTimeout(context.Background(), isolinkTimeout)
	defer cancel()
	return m.Close(ctx)
}

// over opens links, and a path over them.
func over(path func(*linkPath) Path) func(target, *sample.Shape, int) (Path, error) {
	return func(to target, shape *sample.Shape, callers int) (Path, error) {
		links, err := openLink(to, shape, callers)
		if err != nil {
			return nil, err
		}
		return path(links), nil
	}
}

var openFrame, openMessage = over(asFrames), over(asMessages)

// framePath exchanges packed messages.
type framePath struct{ *linkPath }

func asFrames(p *linkPath) Path { return framePath{p} }

func (p framePath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	body := p.shape.AppendBody(make([]byte, 0, p.shape.Size()), stan)
	response, err := p.link(caller).Exchange(ctx, body)
	if err != nil {
		return err
	}
	return p.shape.Verify(response, stan)
}

// messagePath exchanges messages.
type messagePath struct{ *linkPath }

func asMessages(p *linkPath) Path { return messagePath{p} }

func (p messagePath) Exchange(ctx context.Context, caller int, seq uint64) error {
	stan := sample.STAN(caller, seq)
	request, err := p.shape.Message(stan)
	if err != nil {
		return err
	}
	response, err := p.link(caller).Send(ctx, request)
	if err != nil {
		return err
	}
	return p.shape.VerifyMessage(response, stan)
}
