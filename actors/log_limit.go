package actors

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// Of each kind of line a log gets the first logLines in logWindow; how many more there
// were is a line of its own, when it is over.
const (
	logLines  = 10
	logWindow = time.Minute
)

// logKind tells lines apart. There are few: what is named is of isolink, or a field of
// the configuration.
type logKind struct{ event, of string }

func (k logKind) String() string {
	if k.of == "" {
		return k.event
	}
	return k.event + " (" + k.of + ")"
}

// kindOf is the kind of an event, and the level that it is logged at.
func kindOf(e messages.Event) (logKind, slog.Level) {
	k := logKind{event: reflect.TypeOf(e).Elem().Name()}
	switch m := e.(type) {
	case *messages.StateChanged:
		k.of = m.To.String()
		return k, slog.LevelInfo
	case *messages.SessionChanged:
		return k, slog.LevelInfo
	case *messages.Refused:
		k.of = fmt.Sprint(m.Cause)
	case *messages.RequestsDropped:
		k.of = fmt.Sprint(m.Reason)
	case *messages.Panicked:
		k.of = m.Where
	}
	return k, slog.LevelWarn
}

// logLimit decides which lines are written. It is for one goroutine at a time.
type logLimit struct {
	kinds []loggedKind // of which there were lines in the last logWindow, the oldest first
}

type loggedKind struct {
	logKind
	level slog.Level
	until time.Time // when its logWindow is over
	lines int
	left  uint64 // lines left out
}

// add counts a line, and says whether it is to be written. What was over by now was
// taken before.
func (l *logLimit) add(k logKind, level slog.Level, now time.Time) bool {
	i := slices.IndexFunc(l.kinds, func(have loggedKind) bool { return have.logKind == k })
	if i < 0 {
		i = len(l.kinds)
		l.kinds = append(l.kinds, loggedKind{logKind: k, level: level, until: now.Add(logWindow)})
	}
	have := &l.kinds[i]
	if have.lines == logLines {
		have.left++
		return false
	}
	have.lines++
	return true
}

// over takes out what is over by now, and returns those of which lines were left out.
func (l *logLimit) over(now time.Time) (left []loggedKind) {
	n := 0
	for ; n < len(l.kinds) && !now.Before(l.kinds[n].until); n++ {
		if l.kinds[n].left > 0 {
			left = append(left, l.kinds[n])
		}
	}
	l.kinds = slices.Delete(l.kinds, 0, n)
	return left
}

// next is when over returns something; false when it would not.
func (l *logLimit) next() (at time.Time, ok bool) {
	i := slices.IndexFunc(l.kinds, func(k loggedKind) bool { return k.left > 0 })
	if i < 0 {
		return time.Time{}, false
	}
	return l.kinds[i].until, true
}
