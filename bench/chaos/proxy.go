package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxyPatience is how long an order to a proxy may take. Toxiproxy waits for ever
// for a connection whose other end went away at the wrong moment; the proxy is then
// replaced by another one.
const proxyPatience = 5 * time.Second

// proxies makes proxies.
type proxies struct {
	server *toxiproxy.ApiServer
	stuck  func() // called when one was replaced
}

func newProxies(stuck func()) *proxies {
	zerolog.SetGlobalLevel(zerolog.Disabled) // some toxics have the global logger
	return &proxies{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), stuck: stuck}
}

// proxy stands in front of a host's address.
type proxy struct {
	of       *proxies
	name     string
	upstream string

	mu   sync.Mutex
	now  *toxiproxy.Proxy
	addr string
}

func (p *proxies) start(name, upstream string) (*proxy, error) {
	made := &proxy{of: p, name: name, upstream: upstream}
	return made, made.replace()
}

func (p *proxy) replace() error {
	next := toxiproxy.NewProxy(p.of.server, p.name, "127.0.0.1:0", p.upstream)
	if err := next.Start(); err != nil {
		return fmt.Errorf("proxy %s: %w", p.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now, p.addr = next, next.Listen
	return nil
}

func (p *proxy) current() (*toxiproxy.Proxy, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now, p.addr
}

// dial connects to the host through the proxy, wherever that is now.
func (p *proxy) dial(ctx context.Context) (net.Conn, error) {
	_, addr := p.current()
	return (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", addr)
}

// order has the proxy do something; false when it had to be replaced.
func (p *proxy) order(do func(*toxiproxy.Proxy) error) (bool, error) {
	now, _ := p.current()
	done := make(chan error, 1)
	go func() { done <- do(now) }()
	timer := time.NewTimer(proxyPatience)
	defer timer.Stop()
	select {
	case err := <-done:
		return true, err
	case <-timer.C:
		p.of.stuck()
		return false, p.replace()
	}
}

// toxic is one of toxiproxy's.
type toxic struct {
	kind       string
	upstream   bool
	attributes map[string]int64
}

// apply puts a toxic between the connections' ends, those that there are included.
func (p *proxy) apply(t toxic) (bool, error) {
	stream := "downstream"
	if t.upstream {
		stream = "upstream"
	}
	order, err := json.Marshal(map[string]any{"name": t.kind, "type": t.kind, "stream": stream, "attributes": t.attributes})
	if err != nil {
		return false, err
	}
	return p.order(func(now *toxiproxy.Proxy) error {
		_, err := now.Toxics.AddToxicJson(strings.NewReader(string(order)))
		return err
	})
}

// heal takes all toxics away.
func (p *proxy) heal() error {
	_, err := p.order(func(now *toxiproxy.Proxy) error {
		now.Toxics.ResetToxics(context.Background())
		return nil
	})
	return err
}

// down ends all connections and refuses new ones.
func (p *proxy) down() error {
	_, err := p.order(func(now *toxiproxy.Proxy) error {
		now.Stop()
		return nil
	})
	return err
}

// up undoes down, at the same address.
func (p *proxy) up() error {
	_, err := p.order(func(now *toxiproxy.Proxy) error {
		if err := now.Start(); err != nil && err != toxiproxy.ErrProxyAlreadyStarted {
			return err
		}
		return nil
	})
	if err != nil {
		return p.replace() // somebody else has taken the port
	}
	return nil
}
