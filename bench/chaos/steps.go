package main

import (
	"context"
	"errors"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// connPatience is how long a step waits for a connection to do something to.
const connPatience = 2 * time.Second

// follow does what the plan says to a lane, one step after the other, until ctx
// ends.
func (r *run) follow(ctx context.Context, lane int, plan []step) {
	for _, s := range plan {
		if s.lane != lane {
			continue
		}
		wait(ctx, s.at-time.Duration(r.ledger.now()-r.started))
		if ctx.Err() != nil {
			return
		}
		if err := r.do(ctx, r.lanes[lane], s); err != nil {
			r.fail(err)
			return
		}
	}
}

func (r *run) do(ctx context.Context, l *lane, s step) error {
	switch s.fault {
	case latency, bandwidth, slicer, resetPeer, limitData, timeout, silence, slowClose:
		done, err := l.proxy.apply(toxicOf(s))
		if err != nil {
			return err
		}
		if done {
			r.tally.came(s.fault)
		}
		wait(ctx, s.lasts)
		return l.proxy.heal()
	case proxyDown:
		if err := l.proxy.down(); err != nil {
			return err
		}
		r.tally.came(s.fault)
		wait(ctx, s.lasts)
		return l.proxy.up()
	case sessionClosed:
		r.closeSession(ctx)
	case restarted, paused:
		return r.operate(ctx, l, s)
	default:
		l.port.does(ctx, s)
	}
	return nil
}

// operate restarts or pauses a link, which may have little time to drain.
func (r *run) operate(ctx context.Context, l *lane, s step) (err error) {
	link := r.manager.Link(l.name)
	drain, cancel := context.WithTimeout(context.Background(), time.Duration(s.size%200)*time.Millisecond)
	defer cancel()
	if s.fault == restarted {
		err = link.Restart(drain)
	} else {
		err = link.Pause(drain)
		wait(ctx, s.lasts)
		err = errors.Join(err, link.Resume())
	}
	r.tally.came(s.fault)
	var cut *messages.DrainError
	if errors.As(err, &cut) {
		return nil // callers are told, and the books have it
	}
	return err
}

// closeSession has the acceptor end one of its sessions.
func (r *run) closeSession(ctx context.Context) {
	if session := r.session(); session != nil {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_ = session.Close(ctx) // what it cuts short is in doubt at either end
		r.tally.came(sessionClosed)
	}
}

// does is a fault of a raw host.
func (p *port) does(ctx context.Context, s step) {
	switch s.fault {
	case oldSocket:
		p.keep.Store(true)
		p.reset()
		wait(ctx, s.lasts)
		p.keep.Store(false)
	case signOnRefused:
		p.refuse.Store(true)
		p.reset()
		wait(ctx, s.lasts)
		p.refuse.Store(false)
	case tlsAlert, tlsExpired:
		p.tlsMode.Store(int32(map[fault]tlsMode{tlsAlert: tlsWantsAnother, tlsExpired: tlsOldOne}[s.fault]))
		p.reset()
		wait(ctx, s.lasts)
		p.tlsMode.Store(int32(tlsWell))
	case halfClose:
		p.halves.Store(1)
	case wrongLength:
		p.wrong.Store(1)
	case garbage:
		if !s.up {
			p.garbled.Store(1)
		} else if c := p.await(ctx); c != nil {
			c.writeRaw(p.random.bytes(1 + int(s.size)%300))
			p.host.tally.came(garbage)
		}
	case keepAlives:
		if c := p.await(ctx); c != nil {
			var flood []byte
			for range 250 {
				flood, _ = p.host.framer.Append(flood, nil, nil) // these framings have one
			}
			c.writeRaw(flood)
			p.host.tally.came(keepAlives)
		}
	default: // no other fault is a port's
	}
}

// await waits for a connection; nil: none came.
func (p *port) await(ctx context.Context) (c *hostConn) {
	ctx, cancel := context.WithTimeout(ctx, connPatience)
	defer cancel()
	for c = p.newest(); c == nil && ctx.Err() == nil; c = p.newest() {
		wait(ctx, 5*time.Millisecond)
	}
	return c
}

// reset ends the port's connections, so that its link comes back.
func (p *port) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.shutdown()
	}
}

// shutdown ends the stream in both directions; the socket stays for who keeps it.
func (c *hostConn) shutdown() {
	_ = c.raw.SetReadDeadline(time.Now())
	if half, ok := c.raw.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// cameTLS counts a handshake that failed while it had to.
func (p *port) cameTLS() {
	switch tlsMode(p.tlsMode.Load()) {
	case tlsOldOne:
		p.host.tally.came(tlsExpired)
	case tlsWantsAnother:
		p.host.tally.came(tlsAlert)
	case tlsWell: // a proxy has broken it
	}
}
