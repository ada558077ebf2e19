package actors

import (
	"fmt"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// writeIdle looks whether nothing was written for SendKeepAlive, or arms the
// timer for when it may be so.
func (l *link) writeIdle() {
	last := max(l.session.lastWrite.Load(), l.session.lastKeepAlive.Load())
	if left := last + int64(l.record.config.SendKeepAlive) - l.record.now(); left > 0 {
		l.arm(timerKeepAlive, time.Duration(left))
		return
	}
	l.step(evWriteIdle, nil)
}

// watchRead arms the timer for when nothing may have been received for ReadIdle.
func (l *link) watchRead() {
	left := l.session.lastRead.Load() + int64(l.record.config.ReadIdle) - l.record.now()
	l.arm(timerReadIdle, time.Duration(left))
}

// readIdle looks whether nothing was received for ReadIdle, and tells it.
func (l *link) readIdle() {
	last := l.session.lastRead.Load()
	if last+int64(l.record.config.ReadIdle) > l.record.now() {
		l.watchRead()
		return
	}
	l.record.notifier.event(&messages.ReadIdle{
		Link: l.record.name, Session: l.session.number, Since: l.record.time(last),
	})
	var reason error // none: the session goes on
	if !l.machine.echo {
		reason = l.readSilence()
	}
	l.step(evReadIdle, reason)
}

// askRead sends an echo: whatever the peer sends now shows that it is there.
func (l *link) askRead() {
	l.readAsked = l.record.now()
	l.record.workers.Go(l.session.echo)
	l.arm(timerReadAsked, l.record.config.Echo.Timeout)
}

// readAnswered looks whether anything was received since askRead.
func (l *link) readAnswered() {
	if l.session.lastRead.Load() >= l.readAsked {
		l.step(evReadAgain, nil)
		return
	}
	l.step(evReadSilent, l.readSilence())
}

// readSilence is why a session ends in which nothing is received any more.
func (l *link) readSilence() error {
	silent := time.Duration(l.record.now() - l.session.lastRead.Load())
	return fmt.Errorf("%w for %v", messages.ErrReadIdle, silent.Round(time.Millisecond))
}
