package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/scheduler"
)

// deadlineDue tells a correlator, or a scope's keeper, that the alarm of that number rings.
type deadlineDue struct{ number uint64 }

// IgnoreDeadLetterLogging keeps alarms that came too late out of the log.
func (deadlineDue) IgnoreDeadLetterLogging() {}

// alarm is one timer for many deadlines: a scheduler message that is armed
// anew only when it rang, or when something earlier came.
type alarm struct {
	pid    *actor.PID
	timer  *scheduler.TimerScheduler
	number uint64 // of the last arming
	armed  bool
	at     int64
	stop   scheduler.CancelFunc
}

// init says which actor is told.
func (a *alarm) init(system *actor.ActorSystem, pid *actor.PID) {
	a.pid = pid
	a.timer = scheduler.NewTimerScheduler(system.Root)
}

// set makes the alarm ring at clock time at, or earlier when it is set so.
func (a *alarm) set(at int64, now func() int64) {
	if a.armed && a.at <= at {
		return
	}
	a.cancel()
	a.number++
	a.armed, a.at = true, at
	a.stop = a.timer.SendOnce(time.Duration(max(at-now(), 0)), a.pid, deadlineDue{a.number})
}

// rings reports whether number is of the last arming.
func (a *alarm) rings(number uint64) bool {
	if !a.armed || number != a.number {
		return false
	}
	a.armed = false
	return true
}

func (a *alarm) cancel() {
	if a.armed {
		a.stop()
		a.armed = false
	}
}
