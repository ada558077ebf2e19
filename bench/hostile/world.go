package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/bench/internal/host"
	"github.com/isolink-go/isolink/bench/internal/sample"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/testdata"
)

// The limits of all acceptors and links, as short as a busy machine allows.
const (
	firstTimeout = 2 * time.Second         // also of TLS handshakes
	writeTimeout = 2 * time.Second         // a process may stand still before it has written
	idleTime     = 1500 * time.Millisecond // a byte a second is within it
	echoTimeout  = time.Second
	missedEchoes = 2
	silence      = idleTime + missedEchoes*echoTimeout // a silent peer is noticed within it
	sendTimeout  = 2 * time.Second                     // of the link whose host misbehaves

	maxFrame      = 32 << 10
	longFrame     = 1 << 20 // of the acceptor with a length of four bytes
	maxPerAddr    = 100
	maxHandshakes = 150
	maxInbound    = 256
	maxKeepAlives = 100
)

// plainClients are links of the well-behaved to the plain acceptor.
const plainClients = 3

// patience bounds what must come in any case, however busy the machine is.
const patience = 20 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// world is all that runs while peers misbehave.
type world struct {
	heard   *heard
	host    *host.Host // a good one
	manager *supervisor.Manager
	clients *supervisor.Manager // links to the acceptors

	plain, secure, long *supervisor.Acceptor
	clientTLS           *tls.Config

	flood  time.Duration
	least  int       // faults of the scenario
	ended  time.Time // of the last scenario
	others *others
}

// Where misbehaving clients connect from: the last ones are not let in.
const (
	badAddr     = "127.0.0.2"
	unknownAddr = "127.0.0.3"
	deniedAddr  = "127.0.0.4"
)

// newWorld starts it, and waits until all well-behaved links are up.
func newWorld() (w *world, err error) {
	w = &world{heard: new(heard)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	if w.host, err = host.Listen(); err != nil {
		return w, err
	}
	good := func(name, addr string) supervisor.LinkConfig {
		c := session(nil)
		c.Name, c.Addrs, c.SendTimeout = name, []string{addr}, patience
		return c
	}
	w.manager, err = supervisor.New(nil, supervisor.Config{
		Logger: quiet, Links: []supervisor.LinkConfig{good("host-1", w.host.Addr()), good("host-2", w.host.Addr())},
	})
	if err != nil {
		return w, err
	}
	if err := w.listen(); err != nil {
		return w, err
	}
	var links []supervisor.LinkConfig
	for i := range plainClients {
		links = append(links, good(fmt.Sprintf("plain-%d", i), w.plain.Addr().String()))
	}
	secure := good("secure", w.secure.Addr().String())
	secure.TLS = w.clientTLS
	w.clients, err = supervisor.New(nil, supervisor.Config{Logger: quiet, Links: append(links, secure)})
	if err != nil {
		return w, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all := append(w.manager.Links(), w.clients.Links()...)
	for _, l := range all {
		if err := l.Await(ctx, messages.Up); err != nil {
			return w, fmt.Errorf("%s: %w", l.Name(), err)
		}
	}
	w.others = newOthers(all, w.plain.Addr().String())
	return w, nil
}

// listen starts the acceptors.
func (w *world) listen() error {
	client, server, err := testdata.MutualTLS()
	if err != nil {
		return err
	}
	w.clientTLS = client
	at := func(name string) supervisor.AcceptorConfig {
		return supervisor.AcceptorConfig{
			Name: name, Addr: "127.0.0.1:0", Session: session(w.heard),
			TLSTimeout: firstTimeout, FirstTimeout: firstTimeout,
			MaxSessions: 2_000, MaxPerAddr: maxPerAddr, MaxHandshakes: maxHandshakes,
			Deny: []string{deniedAddr}, ReadFirst: true, PeerName: nameOf,
		}
	}
	if w.plain, err = w.manager.Listen(at("plain")); err != nil {
		return err
	}
	secure := at("secure")
	secure.TLS, secure.ReadFirst = server, false
	if w.secure, err = w.manager.Listen(secure); err != nil {
		return err
	}
	long := at("long")
	long.Session.Framing, long.Session.MaxFrame = framing.Binary4{}, longFrame
	w.long, err = w.manager.Listen(long)
	return err
}

// nameOf admits all but those from one address.
func nameOf(p *supervisor.Peer) (string, error) {
	if p.Addr.Addr().String() == unknownAddr {
		return "", errors.New("nobody of that address is known")
	}
	return "peer", nil
}

// session is what all links and sessions have in common.
func session(h *heard) supervisor.LinkConfig {
	c := supervisor.LinkConfig{
		Spec: sample.Spec, Framing: framing.Binary2{}, Logger: quiet, Handler: answer,
		WriteTimeout: writeTimeout, IdleTime: idleTime, MaxMissedEchoes: missedEchoes,
		Echo:     supervisor.NetworkManagement{Build: echo, Timeout: echoTimeout},
		MaxFrame: maxFrame, MaxInbound: maxInbound, MaxKeepAlives: maxKeepAlives,
	}
	if h != nil {
		c.OnEvent = h.event
	}
	return c
}

// answer answers every request.
func answer(ctx context.Context, in *messages.Inbound) {
	body := append([]byte(nil), in.Frame...)
	if sample.Answer(body) {
		_ = in.ReplyFrame(ctx, body) // a session that has ended takes no answer
	}
}

// echoes count from where no caller's STANs are for the moment: a class of its own
// has keys of its own, anyway.
var echoes atomic.Uint32

func echo() (*iso8583.Message, error) {
	m := iso8583.NewMessage(sample.Spec)
	m.MTI("0800")
	return m, m.Field(11, fmt.Sprintf("%06d", echoes.Add(1)%1_000_000))
}

// close ends everything, the well-behaved first.
func (w *world) close() error {
	var errs []error
	if w.others != nil {
		w.others.stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, m := range []*supervisor.Manager{w.clients, w.manager} {
		if m != nil {
			errs = append(errs, m.Close(ctx))
		}
	}
	if w.host != nil {
		errs = append(errs, w.host.Close())
	}
	return errors.Join(errs...)
}
