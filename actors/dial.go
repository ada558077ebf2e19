package actors

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"
)

// dialled is the outcome of one attempt, sent to the link's actor. socket is
// nil when err is not.
type dialled struct {
	attempt uint64
	socket  *socket
	next    int // the address to try first the next time
	err     error
}

// drop closes a socket that nobody takes.
func (d dialled) drop() {
	if d.socket != nil {
		d.socket.closeHard()
	}
}

// dial goes through the addresses in turn, from the one given, until one
// connects. It runs on a worker, and always reports: foreign code may panic,
// end the goroutine, or give a connection after the context ended.
func (r *Record) dial(ctx context.Context, attempt uint64, from int, report func(dialled)) {
	out := dialled{attempt: attempt, next: from, err: errGoexit}
	defer func() {
		if p := recover(); p != nil {
			r.panicked("Dial", p)
			out.err = fmt.Errorf("the Dial function panicked: %T", p)
		}
		report(out)
	}()
	var errs []error
	for range r.config.Addrs {
		addr := r.config.Addrs[out.next%len(r.config.Addrs)]
		out.next = (out.next + 1) % len(r.config.Addrs)
		r.counters.attempts.Add(1)
		s, err := r.connect(ctx, addr)
		if err == nil {
			out.socket, out.err = s, nil
			return
		}
		errs = append(errs, fmt.Errorf("connect %s: %w", addr, err))
		if ctx.Err() != nil {
			break
		}
	}
	out.err = errors.Join(errs...)
}

func (r *Record) connect(ctx context.Context, addr string) (*socket, error) {
	dial := r.config.Dial
	if dial == nil {
		dialer := &net.Dialer{KeepAlive: -1} // set below
		if local := r.config.LocalAddr; local != "" {
			dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local)) // Validate has parsed it
		}
		dial = dialer.DialContext
	}
	connectCtx, cancel := context.WithTimeout(ctx, r.config.ConnectTimeout)
	defer cancel()
	raw, err := dial(connectCtx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, errors.New("the Dial function gave neither a connection nor an error")
	}
	raw = guard(raw, r.panicked)
	taken := false
	defer func() {
		if !taken { // whatever was in the way, foreign code that panicked or ended the goroutine too
			_ = raw.Close()
		}
	}()
	s, err := r.socketOf(ctx, raw, addr)
	taken = err == nil
	return s, err
}

// socketOf makes the link's socket of a connection.
func (r *Record) socketOf(ctx context.Context, raw net.Conn, addr string) (*socket, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := tune(r.config, raw); err != nil {
		return nil, err
	}
	if r.tls == nil {
		return newSocket(raw, raw, addr), nil
	}
	return r.handshake(ctx, raw, addr)
}

func (r *Record) handshake(ctx context.Context, raw net.Conn, addr string) (*socket, error) {
	config := r.tls.current(r.notifier.certificatesFailed)
	if config.ServerName == "" && !config.InsecureSkipVerify {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		config = config.Clone()
		config.ServerName = host
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.TLSTimeout)
	defer cancel()
	conn := tls.Client(raw, config)
	if err := handshake(ctx, conn, r.panicked); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return newSocket(conn, raw, addr), nil
}

// maxKeepAlive is the longest period of probes that Linux takes (MAX_TCP_KEEPIDLE): with
// a longer one, no connection would be of use.
const maxKeepAlive = 32_767 * time.Second

// tune sets the socket options, where the connection is a TCP one.
func tune(config *LinkConfig, conn net.Conn) error {
	tcp, ok := innermost(conn).(*net.TCPConn)
	if !ok {
		return nil
	}
	if err := tcp.SetNoDelay(true); err != nil {
		return fmt.Errorf("TCP_NODELAY: %w", err)
	}
	keepAlive := net.KeepAliveConfig{
		Enable: config.KeepAlive > 0, Idle: config.KeepAlive, Interval: config.KeepAlive / 3, Count: 3,
	}
	if keepAlive.Enable {
		keepAlive.Interval = max(keepAlive.Interval, time.Second)
	}
	if err := tcp.SetKeepAliveConfig(keepAlive); err != nil {
		return fmt.Errorf("TCP keep-alive: %w", err)
	}
	if err := setUserTimeout(tcp, config.WriteTimeout); err != nil {
		return fmt.Errorf("TCP_USER_TIMEOUT (%s): %w", runtime.GOOS, err)
	}
	return nil
}
