package actors

import (
	"fmt"
	"time"

	"github.com/isolink-go/isolink/messages"
)

func (l *simLink) token() uint64 {
	l.tokens++
	return l.tokens
}

func (l *simLink) arm(kind timerKind, d time.Duration) {
	t := simTimer{token: l.token(), armed: true, at: l.now() + int64(d)}
	l.timers[kind] = t
	l.in(d, "timer "+l.name, uint64(kind), func() {
		if now := &l.timers[kind]; now.armed && now.token == t.token {
			now.armed = false
			l.fired(kind)
		}
	})
}

// fired is link.fired.
func (l *simLink) fired(kind timerKind) {
	off := func(n *world) { n.armed[kind] = false }
	clock, c := l.now(), l.record.config
	switch kind {
	case timerBackoff:
		l.step("", evBackoff, off)
	case timerIdle:
		last := min(l.session.session.lastRead.Load(), l.session.session.lastWrite.Load())
		if left := last + int64(c.IdleTime) - clock; left > 0 {
			l.arm(timerIdle, time.Duration(left))
			return
		}
		l.step("", evIdle, off)
	case timerEcho:
		if l.session.session.lastMatch.Load() >= l.echoSent {
			l.step("", evEchoAnswered, off)
			return
		}
		l.figures.missedEchoes++
		l.step("", evEchoMissed, off)
	case timerStable:
		l.step("", evStable, func(n *world) { n.armed[kind], n.stable = false, true })
	case timerSign:
		l.signed(messages.ErrTimeout, off)
	case timerEnd:
		l.figures.hungReaders++
		l.step("", evEndTimeout, off)
	case timerKeepAlive:
		last := max(l.session.session.lastWrite.Load(), l.session.session.lastKeepAlive.Load())
		if left := last + int64(c.SendKeepAlive) - clock; left > 0 {
			l.arm(timerKeepAlive, time.Duration(left))
			return
		}
		l.step("", evWriteIdle, off)
	case timerReadIdle:
		if l.session.session.lastRead.Load()+int64(c.ReadIdle) > clock {
			l.watchRead()
			return
		}
		l.step("", evReadIdle, off)
	case timerReadAsked:
		if l.session.session.lastRead.Load() >= l.readAsked {
			l.step("", evReadAgain, off)
			return
		}
		l.step("", evReadSilent, off)
	case timerKinds:
	}
}

// watchRead is link.watchRead.
func (l *simLink) watchRead() {
	last := l.session.session.lastRead.Load()
	l.arm(timerReadIdle, time.Duration(last+int64(l.config.ReadIdle)-l.now()))
}

// echo is session.echo, and link.echoDone.
func (l *simLink) echo() {
	s := l.session
	l.network(s, l.config.Echo, func(err error) {
		if err != nil || l.session != s || l.over() {
			return
		}
		l.figures.echoes++
		if t := &l.timers[timerEcho]; t.armed {
			t.armed = false
			l.step("", evEchoAnswered, func(n *world) { n.armed[timerEcho] = false })
		}
	})
}

// sign is link.sign, and link.signDone.
func (l *simLink) sign(n NetworkManagement, off bool) {
	l.signing = l.token()
	l.arm(timerSign, n.Timeout)
	s, token := l.session, l.signing
	l.network(s, n, func(err error) {
		if l.session != s || l.over() || l.signing != token {
			return
		}
		if err == nil && off {
			l.figures.signOffs++
		} else if err == nil {
			l.figures.signOns++
		}
		l.signed(err, nil)
	})
}

// signed is link.signed.
func (l *simLink) signed(err error, before func(*world)) {
	l.signing = 0
	switch phase := l.world.machine.phase; {
	case phase == phaseSigningOff:
		l.step("", evSignedOff, before)
	case phase != phaseSigningOn:
	case err != nil:
		l.figures.signOnsFailed++
		l.excused = l.now()
		l.session.session.ends(fmt.Errorf("%w: %w", messages.ErrSignOn, err))
		l.step("", evSignOnFailed, before)
	default:
		l.step("", evSignedOn, before)
	}
}
