package actors

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// Bounds of the wait after an accept that failed.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)

// acceptLoop accepts until the listener is closed. It runs on a worker of its
// own, outside the actor: nothing that the actor does can hold it up.
func (a *AcceptorRecord) acceptLoop() {
	again := true // unless it returns
	defer func() {
		if p := recover(); p != nil {
			a.panicked("Listener", p)
		}
		if again && !a.ends.Load() {
			a.pause(maxAcceptPause)
			a.workers.Go(a.acceptLoop)
		}
	}()
	for pause := time.Duration(0); ; {
		conn, err := a.listener.Accept()
		switch {
		case err == nil && conn != nil:
			pause = 0
			a.accept(guard(conn, a.panicked))
		case a.ends.Load():
			again = false
			return
		default:
			// Out of file descriptors, for example: others may close theirs.
			if err == nil {
				err = errors.New("the Listener gave neither a connection nor an error")
			}
			a.acceptFailed(err)
			pause = min(max(2*pause, minAcceptPause), maxAcceptPause)
			a.pause(pause)
		}
	}
}

// pause waits, unless accepting ends meanwhile.
func (a *AcceptorRecord) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.ctx.Done():
	}
}

var errAccept = errors.New("accept failed")

func (a *AcceptorRecord) acceptFailed(err error) {
	if _, now := a.refusals.add(errAccept); now {
		a.notifier.event(&messages.AcceptFailed{Acceptor: a.config.Name, Reason: err})
	}
}

// accept judges a connection by its address and by the limits, in the accepting
// goroutine; what takes longer is done on a worker.
func (a *AcceptorRecord) accept(conn net.Conn) {
	a.accepted.Add(1)
	named := false
	defer func() {
		if !named { // its own code panicked
			_ = conn.Close()
		}
	}()
	remote := conn.RemoteAddr()
	addr := addrOf(remote)
	s := newSocket(conn, conn, remote.String())
	named = true
	if !a.access.permits(addr.Addr()) {
		a.refuse(s, messages.ErrDenied, nil)
		return
	}
	if err := a.admission.enter(addr.Addr()); err != nil {
		a.refuse(s, err, nil)
		return
	}
	s.release = sync.OnceFunc(func() { a.admission.leave(addr.Addr()) })
	peer := &Peer{Addr: addr, Remote: remote, spec: a.config.Session.Spec}
	if a.tls == nil && a.config.PeerName == nil {
		a.settle(s, a.prepare(s, peer))
		return
	}
	a.workers.Go(func() {
		made := refusal(messages.ErrHandshake, errGoexit)
		defer func() {
			if p := recover(); p != nil {
				a.panicked("PeerName", p)
				made = refusal(messages.ErrUnknownPeer, fmt.Errorf("PeerName panicked: %T", p))
			}
			a.settle(s, made)
		}()
		made = a.prepare(s, peer)
	})
}

func (a *AcceptorRecord) panicked(where string, reason any) {
	a.notifier.panicked(a.config.Name, where, reason)
}

// addrOf is the address of the other end; zero where it has none.
func addrOf(remote net.Addr) netip.AddrPort {
	if tcp, ok := remote.(*net.TCPAddr); ok {
		at := tcp.AddrPort()
		return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	at, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// preparation is what became of a connection before it is a session.
type preparation struct {
	name  string
	link  *Record // that expects it; nil: none
	cause error   // why it is refused; nil: it is not
	err   error   // what it failed with
}

func refusal(cause, err error) preparation { return preparation{cause: cause, err: err} }

// settle hands a connection on, or refuses it.
func (a *AcceptorRecord) settle(s *socket, p preparation) {
	ends := a.ends.Load()
	refused := !ends && p.cause != nil
	if refused {
		a.refused.add(p.cause) // before its place is free: a status shows one or the other
	}
	a.admission.shaken()
	switch {
	case ends:
		s.closeHard()
	case refused:
		a.reset(s, p.cause, p.err)
	case p.link != nil:
		p.link.mailbox.post(arrived{s, func() { a.refuse(s, messages.ErrLinkTaken, nil) }})
	default:
		a.mailbox.post(admitted{s, p.name})
	}
}

// prepare does the TLS handshake, reads the first message, and finds the name.
func (a *AcceptorRecord) prepare(s *socket, peer *Peer) preparation {
	if err := tune(&a.config.Session, s.raw); err != nil {
		return refusal(messages.ErrHandshake, err)
	}
	if a.tls != nil {
		if err := a.handshake(s, peer); err != nil {
			return refusal(messages.ErrHandshake, fmt.Errorf("TLS handshake: %w", err))
		}
	}
	if a.config.ReadFirst {
		if err := a.readFirst(s, peer); err != nil {
			return refusal(messages.ErrHandshake, fmt.Errorf("first message: %w", err))
		}
	}
	expected := a.expected.Load()
	if a.config.PeerName == nil {
		switch {
		case len(expected.links) == 1:
			for _, link := range expected.links {
				return a.of(link)
			}
		case len(expected.links) == 0 && len(expected.left) > 0:
			return refusal(messages.ErrLinkTaken, nil)
		}
	}
	name := peer.Remote.String()
	if a.config.PeerName != nil {
		var err error
		name, err = a.config.PeerName(peer)
		if err == nil && !ValidName(name) {
			err = errors.New("PeerName gave no name: give " + NameNeeds)
		}
		if err != nil {
			return refusal(messages.ErrUnknownPeer, err)
		}
	}
	if link := expected.links[name]; link != nil {
		return a.of(link)
	}
	if expected.left[name] {
		return refusal(messages.ErrLinkTaken, nil)
	}
	if a.config.OnlyLinks {
		return refusal(messages.ErrUnknownPeer, errors.New("no link expects it"))
	}
	return preparation{name: name}
}

// of is a connection of that link.
func (a *AcceptorRecord) of(link *Record) preparation {
	if link.Ends() {
		return refusal(messages.ErrLinkTaken, nil)
	}
	return preparation{link: link}
}

func (a *AcceptorRecord) handshake(s *socket, peer *Peer) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.config.TLSTimeout)
	defer cancel()
	conn := tls.Server(s.raw, a.tls.current(a.notifier.certificatesFailed))
	if err := handshake(ctx, conn, a.panicked); err != nil {
		return err
	}
	s.Conn = conn
	state := conn.ConnectionState()
	peer.TLS = &state
	return nil
}

// readFirst reads the first message. All bytes that were read for it are kept
// for the session.
func (a *AcceptorRecord) readFirst(s *socket, peer *Peer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.panicked("Framing", p)
			err = fmt.Errorf("the framing panicked: %T", p)
		}
	}()
	stop := context.AfterFunc(a.ctx, func() { _ = s.raw.Close() })
	defer stop()
	if err := s.SetReadDeadline(time.Now().Add(a.config.FirstTimeout)); err != nil {
		return err
	}
	var seen bytes.Buffer
	session := &a.config.Session
	r := bufio.NewReaderSize(io.TeeReader(s.Conn, &seen), smallBuffer)
	for skipped := 0; ; skipped++ {
		header, body, err := session.Framing.Read(r, session.MaxFrame)
		if err != nil {
			return readError(err)
		}
		if len(body) > 0 {
			peer.First, peer.FirstHeader = body, header
			s.early = seen.Bytes()
			return s.SetReadDeadline(time.Time{})
		}
		if skipped == maxFirstKeepAlives {
			return fmt.Errorf("%d keep-alives came instead", skipped)
		}
	}
}

// maxFirstKeepAlives is how many keep-alives may come before the first message.
const maxFirstKeepAlives = 16
