package issuer

import (
	"context"
	"crypto/tls"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/isolink-go/isolink/examples/spec87"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/supervisor"
)

// Config is what a host is made of.
type Config struct {
	// Name is the name of the host's acceptor. Required.
	Name string
	// Addr is where to listen, "host:port"; port 0 is one that is free. Required.
	Addr string
	// Framing delimits messages. Required.
	Framing framing.Framer
	// TLS and TLSFiles are as in supervisor.AcceptorConfig.
	TLS      *tls.Config
	TLSFiles supervisor.TLSFiles
	// MaxInbound is as in supervisor.LinkConfig.
	MaxInbound int

	// Ledger is what the host logs to; nil: nothing.
	Ledger Ledger
	// Treat says how the request with that reference is treated; nil: all are
	// approved.
	Treat func(reference string) Treatment
	// Timeout is that of the senders: what is answered late is answered that much
	// later, and its Delay.
	Timeout time.Duration

	// Logger gets what the host and its acceptor have to say; nil means
	// slog.Default.
	Logger *slog.Logger
}

// Host is an issuer's host. Its methods may be called from any goroutine.
type Host struct {
	config   Config
	manager  *supervisor.Manager
	acceptor *supervisor.Acceptor
	listener *listener
	gate     *gate
	faults   [kinds]atomic.Uint64 // those that happened

	ctx  context.Context // ends with the host
	stop context.CancelFunc

	mu      sync.Mutex
	closed  bool
	delayed int            // replies that are delayed
	running sync.WaitGroup // what was delayed, and Misbehave; nothing is added once closed
}

// Listen starts a host. It listens when Listen returns; the caller closes it.
//
// The error joins every fault of the configuration (*messages.ConfigError), or is
// that of listening (*net.OpError).
func Listen(config Config) (*Host, error) {
	if config.Ledger == nil {
		config.Ledger = nowhere{}
	}
	if config.Treat == nil {
		config.Treat = func(string) Treatment { return Treatment{} }
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	h := &Host{config: config, gate: newGate()}
	h.ctx, h.stop = context.WithCancel(context.Background())
	var err error
	if h.manager, err = supervisor.New(nil, supervisor.Config{Logger: config.Logger}); err != nil {
		h.stop()
		return nil, err
	}
	if err := h.listen(); err != nil {
		_ = h.Close(context.Background()) // there is nothing that it could wait for
		return nil, err
	}
	return h, nil
}

func (h *Host) listen() (err error) {
	if h.listener, err = listen(h.config.Addr, h.gate); err != nil {
		return err
	}
	h.acceptor, err = h.manager.Listen(supervisor.AcceptorConfig{
		Name: h.config.Name, Listener: h.listener, TLS: h.config.TLS, TLSFiles: h.config.TLSFiles, PeerName: peerName,
		Session: supervisor.LinkConfig{
			Spec: spec87.Spec, Framing: h.config.Framing, Handler: h.handle, MaxInbound: h.config.MaxInbound,
		},
	})
	return err
}

// Addr is the address that is listened on, "host:port".
func (h *Host) Addr() string { return h.acceptor.Addr().String() }

// Status is a snapshot of the host's acceptor.
func (h *Host) Status() supervisor.AcceptorStatus { return h.acceptor.Status() }

// Faults counts the faults of a kind that have happened.
func (h *Host) Faults(k Kind) uint64 { return h.faults[k].Load() }

// HalfClosed are the numbers of the connections that the host has half-closed.
func (h *Host) HalfClosed() []int {
	h.listener.mu.Lock()
	defer h.listener.mu.Unlock()
	return slices.Clone(h.listener.halfClosed)
}

// Close ends the host in order, as supervisor.Manager's Close does, whose errors
// it returns. Replies that are delayed are not sent any more, and a stall is
// over. When it returns nil, nothing of the host is left.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.stop()
	err := h.manager.Close(ctx)
	h.running.Wait() // it ends with h.ctx
	return err
}
