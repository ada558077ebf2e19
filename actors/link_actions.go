package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

func (l *link) perform(a action) {
	switch a {
	case actWait:
		l.wait()
	case actDial:
		l.dial()
	case actCancelDial:
		l.giveUpDial()
	case actOpen:
		l.open()
	case actAskScope:
		l.askScope()
	case actSignOn:
		l.sign("SignOn", l.record.config.SignOn)
	case actSignOff:
		l.sign("SignOff", l.record.config.SignOff)
	case actAdmit:
		l.record.session.Store(l.session)
	case actRefuse:
		l.record.session.Store(nil)
	case actWatchIdle:
		l.arm(timerIdle, l.record.config.IdleTime)
	case actEcho:
		l.echoSent = l.record.now()
		l.record.workers.Go(l.session.echo)
		l.arm(timerEcho, l.record.config.Echo.Timeout)
	case actWatchStable:
		l.arm(timerStable, l.record.config.Backoff.StableAfter)
	case actWatchWrite:
		l.arm(timerKeepAlive, l.record.config.SendKeepAlive)
	case actKeepAlive:
		l.session.sendKeepAlive()
	case actWatchRead:
		l.watchRead()
	case actAskRead:
		l.askRead()
	case actDrain:
		l.session.correlator.PostUserMessage(drain{})
	case actClose:
		l.session.ends(errors.New("closed by us"))
		l.record.workers.Go(l.session.closeInOrder)
		l.arm(timerEnd, endTimeout)
	case actAbort:
		l.session.ends(l.abortCause())
		l.session.socket.closeHard()
		l.arm(timerEnd, endTimeout)
	case actGuardEnd:
		l.arm(timerEnd, endTimeout)
	case actFail:
		l.fail()
	case actStop:
		l.ctx.Stop(l.ctx.Self())
	}
}

// errFailed is why a link starts anew when an actor of it failed; an event
// (messages.Panicked) has told of the panic.
var errFailed = errors.New("an actor of the link failed or was stopped")

// endTimeout is how long the reader of a closed socket may take to notice.
const endTimeout = time.Second

func (l *link) abortCause() error {
	if l.reason != nil {
		return l.reason
	}
	return errors.New("cut short by us")
}

func (l *link) wait() {
	delay := l.record.config.Backoff.Delay(int(l.machine.failures), rand.Int64N)
	l.arm(timerBackoff, delay)
	l.record.shown.update(func(s *Status) { s.NextAttempt, s.Backoff = time.Now().Add(delay), delay })
}

func (l *link) dial() {
	l.attempt = l.token()
	ctx, cancel := context.WithCancel(context.Background())
	l.cancelDial = cancel
	attempt, from := l.attempt, l.record.memory.nextAddr
	report := func(d dialled) { l.mailbox.PostUserMessage(d) } // it gives back a socket that nobody takes
	l.record.workers.Go(func() { l.record.dial(ctx, attempt, from, report) })
}

func (l *link) giveUpDial() {
	if l.cancelDial != nil {
		l.cancelDial()
		l.cancelDial = nil
	}
	l.attempt = 0 // whatever it brings is not ours
}

// open makes the session of the socket. The reader comes last: it feeds the
// correlator, which feeds the writer.
func (l *link) open() {
	r := l.record
	r.memory.session++
	s := newSession(r, r.memory.session, l.ctx.Self(), l.socket)
	l.session, l.socket = s, nil
	r.shown.update(func(st *Status) { st.Session, st.Peer, st.TLS = s.number, s.socket.addr, tlsStatus(s.socket.Conn) })
	r.notifier.event(s.event(false, nil))
	spawnWriter(l.ctx, s)
	spawnCorrelator(l.ctx, s)
	r.current.Store(s) // whoever finds it may post to its actors
	spawnReader(l.ctx, s)
	r.counters.sessions.Add(1)
}

// fail hands over to the supervisor, which restarts the link.
func (l *link) fail() { l.mailbox.failTo(l.ctx, l.reason) }

func (l *link) arm(kind timerKind, d time.Duration) {
	t := &l.timers[kind]
	if t.cancel != nil {
		t.cancel()
	}
	t.token = l.token()
	t.cancel = l.scheduler.SendOnce(d, l.ctx.Self(), timerFired{kind, t.token})
}

// token tells this arming, or dial, from all others of the record's life.
func (l *link) token() uint64 {
	l.record.memory.tokens++
	return l.record.memory.tokens
}

// cancelTimers cancels those below that kind.
func (l *link) cancelTimers(end timerKind) {
	for kind := range end {
		if t := &l.timers[kind]; t.cancel != nil {
			t.cancel()
			t.cancel = nil
		}
	}
}
