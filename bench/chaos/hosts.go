package main

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// end is the host of a group: one of its own, or an acceptor.
type end struct {
	raw      *rawHost
	acceptor string // its address
}

func (e end) addrOf(link int) string {
	if e.raw == nil {
		return e.acceptor
	}
	return e.raw.ports[link].listener.Addr().String()
}

func (e end) portOf(link int) *port {
	if e.raw == nil {
		return nil
	}
	return e.raw.ports[link]
}

func (r *run) openHost(k *kind, number uint64) (end, error) {
	if k.issuer {
		addr, err := r.openIssuer(k)
		return end{acceptor: addr}, err
	}
	h := &rawHost{
		framer: k.framing, ledger: r.ledger, tally: r.tally, signOn: k.signOn, scope: k.scope, rejects: k.rejects, verify: k.scope,
	}
	if k.tls {
		h.certs = r.certs
	}
	r.hosts = append(r.hosts, h)
	return end{raw: h}, h.listen(k.links, r.seed, 1000*(number+1))
}

// openIssuer starts an acceptor, with a manager of its own.
func (r *run) openIssuer(k *kind) (addr string, err error) {
	below, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	if r.issuers, err = supervisor.New(nil, supervisor.Config{Logger: quiet}); err != nil {
		_ = below.Close()
		return "", err
	}
	r.issuer, err = r.issuers.Listen(supervisor.AcceptorConfig{
		Name: "issuer", Listener: &listener{below, &r.sockets},
		Session: supervisor.LinkConfig{
			Spec: spec, Framing: k.framing, Handler: network.Answering("12", r.issue), OnEvent: r.book.onEvent, Logger: quiet,
			SendTimeout: sendTimeout, WriteTimeout: time.Second, LateWindow: lateWindow, MaxFrame: maxFrame, MaxEvents: 1 << 17,
			HandleTimeout: 2 * sendTimeout, ReadIdle: 2 * time.Second,
		},
	})
	return below.Addr().String(), err
}

// handle is the Handler of the links: it answers what hosts ask.
func (r *run) handle(ctx context.Context, in *messages.Inbound) {
	if m, ok := r.receive(in); ok {
		r.reply(ctx, in, m)
	}
}

// receive logs a request.
func (r *run) receive(in *messages.Inbound) (m message, ok bool) {
	if m, ok = parse(in.Frame); !ok || m.mti == network.MTI {
		return m, false
	}
	r.ledger.hosts.add(line{id: m.id, digest: m.digest(), at: r.ledger.now(), deed: received})
	return m, true
}

// reply logs a reply, and then sends it.
func (r *run) reply(ctx context.Context, in *messages.Inbound, m message) {
	r.ledger.hosts.add(line{id: m.id, digest: m.digest(), at: r.ledger.now(), deed: replying})
	if err := in.ReplyFrame(ctx, m.response("00").pack()); isNotSent(err) {
		r.ledger.hosts.add(line{id: m.id, digest: m.digest(), at: r.ledger.now(), deed: unreplied})
	}
}

// issue is the Handler of the acceptor's sessions.
func (r *run) issue(ctx context.Context, in *messages.Inbound) {
	m, ok := r.receive(in)
	if !ok {
		return
	}
	r.lastSTAN.Store(&m.stan)
	switch n := r.random.n(100); {
	case r.calm.Load() || n >= 3:
		r.reply(ctx, in, m)
	case n < 1:
		r.tally.came(noAnswer)
	default:
		r.tally.came(lateAnswer)
		r.answering.Go(func() {
			time.Sleep(r.random.between(shortTimeout, sendTimeout+time.Second))
			r.reply(context.Background(), in, m)
		})
	}
}

// session is one of the acceptor's; nil: there is none.
func (r *run) session() *supervisor.Link {
	all := slices.DeleteFunc(r.issuer.Sessions(), func(l *supervisor.Link) bool { return l.Status().State != messages.Up })
	if len(all) == 0 {
		return nil
	}
	return all[r.random.n(len(all))]
}

// messageFill gives network management its STAN.
func messageFill(stans *messages.STANs) func(*iso8583.Message) error {
	return func(msg *iso8583.Message) error {
		_, err := stans.Fill(msg)
		return err
	}
}
