package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/messages"
)

// Outcomes of the exchanges of network management that a link makes by itself.
type (
	// echoDone tells how an echo went; whether the peer is alive is judged by
	// timerEcho.
	echoDone struct {
		session *session
		err     error
	}
	// signDone tells how a sign-on or a sign-off went.
	signDone struct {
		session *session
		token   uint64 // of the exchange
		err     error
	}
)

// echo exchanges one echo. It runs on a worker: its functions are foreign code.
func (s *session) echo() {
	s.network("Echo", s.record.config.Echo, func(err error) {
		if err == nil {
			s.record.counters.echoes.Add(1)
		}
		s.tell(echoDone{s, err})
	})
}

// idle looks whether the session was silent in either direction for IdleTime,
// or arms the timer for when it may be.
func (l *link) idle() {
	last := min(l.session.lastRead.Load(), l.session.lastWrite.Load())
	if left := last + int64(l.record.config.IdleTime) - l.record.now(); left > 0 {
		l.arm(timerIdle, time.Duration(left))
		return
	}
	l.step(evIdle, nil)
}

// echoDone ends the wait for an echo that was answered, and tells why one failed;
// one that was not answered in time is told by timerEcho.
func (l *link) echoDone(m echoDone) {
	if m.session != l.session {
		return
	}
	if m.err == nil {
		if t := &l.timers[timerEcho]; t.cancel != nil {
			t.cancel()
			t.cancel = nil
			l.step(evEchoAnswered, nil)
		}
		return
	}
	if errors.Is(m.err, messages.ErrInDoubt) {
		return
	}
	l.record.notifier.event(&messages.EchoFailed{
		Link: l.record.name, Session: l.session.number, Missed: int(l.machine.missed), Reason: m.err,
	})
}

// network makes one exchange of network management and calls done with its
// outcome, whatever its functions do.
func (s *session) network(name string, n NetworkManagement, done func(error)) {
	err := errGoexit
	defer func() {
		if p := recover(); p != nil {
			s.record.panicked(name, p)
			err = fmt.Errorf("a function of %s panicked: %T", name, p)
		}
		if err == nil {
			s.record.answeredNetwork(name)
		}
		done(err)
	}()
	deadline := s.record.now() + int64(n.Timeout)
	err = s.exchangeNetwork(n, deadline)
	for i := 0; i < len(n.Then) && err == nil; i++ {
		err = errGoexit // again, unless it returns
		err = s.exchangeNetwork(n.Then[i], deadline)
	}
}

// maxNetworking bounds the functions of network management of a link that have not
// returned: one that blocks has others called beside it, echo by echo and session by
// session.
const maxNetworking = 16

// networking calls such a function.
func (r *Record) networking(call func() error) error {
	defer r.inNetworking.Add(-1)
	if r.inNetworking.Add(1) > maxNetworking {
		return fmt.Errorf("%w: %d functions of network management have not returned", messages.ErrOverloaded, maxNetworking)
	}
	return call()
}

func (s *session) exchangeNetwork(n NetworkManagement, deadline int64) error {
	var msg *iso8583.Message
	err := s.record.networking(func() (err error) {
		msg, err = n.Build()
		return err
	})
	if err != nil {
		return err
	}
	frame, err := messages.Pack(msg)
	if err != nil {
		return err
	}
	q := s.record.door.request(kindNetwork, nil, frame)
	if q.mti, q.key, err = s.record.readKey(nil, frame); err != nil {
		return err
	}
	if !q.mti.IsRequest() {
		return fmt.Errorf("%w: MTI %s", messages.ErrNoRequest, q.mti)
	}
	q.deadline = deadline
	q.done = make(chan struct{}, 1)
	s.correlator.PostUserMessage(q)
	<-q.done // the correlator settles every request that it or its mailbox got
	if q.err != nil || n.Check == nil {
		return q.err
	}
	reply, err := messages.Unpack(s.record.config.Spec, q.reply)
	if err != nil {
		return err
	}
	return s.record.networking(func() error { return n.Check(reply) })
}

// sign begins a sign-on or a sign-off.
func (l *link) sign(name string, n NetworkManagement) {
	l.signing = l.token()
	l.arm(timerSign, n.Timeout)
	s, token := l.session, l.signing
	l.record.workers.Go(func() {
		s.network(name, n, func(err error) { s.tell(signDone{s, token, err}) })
	})
}

// signDone takes the outcome of a sign-on or a sign-off; that of one that is
// awaited no longer is dropped.
func (l *link) signDone(m signDone) {
	if m.session != l.session || m.token != l.signing {
		return
	}
	l.signed(m.err)
}

// signed ends the wait for a sign-on or a sign-off.
func (l *link) signed(err error) {
	l.signing = 0
	off := l.machine.phase == phaseSigningOff
	if err != nil {
		l.record.notifier.event(&messages.SignFailed{
			Link: l.record.name, Session: l.session.number, Off: off, Reason: err,
		})
	}
	switch {
	case off:
		l.step(evSignedOff, nil)
	case l.machine.phase != phaseSigningOn:
	case err != nil:
		err = fmt.Errorf("%w: %w", messages.ErrSignOn, err)
		l.session.ends(err)
		l.step(evSignOnFailed, err)
	default:
		l.step(evSignedOn, nil)
	}
}
