package supervisor

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Of the changes of a group, the log gets the first changesLogged within logWindow, and
// when that is over the status as it is then, with how many were left out.
const (
	changesLogged = 10
	logWindow     = time.Minute
)

// groupLog decides which changes of a group are written.
type groupLog struct {
	until time.Time // when the logWindow is over
	lines int       // that were written in it
	left  int       // changes left out
	due   *time.Timer
	ended bool
}

// add counts a change, and says whether it is to be written, and with how many others.
func (l *groupLog) add(now time.Time) (left int, written bool) {
	if !now.Before(l.until) {
		left = l.left
		l.until, l.lines, l.left = now.Add(logWindow), 0, 0
	}
	if l.lines == changesLogged {
		l.left++
		return 0, false
	}
	l.lines++
	return left, true
}

// log writes a line for a status, or sees to it that one is written later.
func (g *Group) log(s GroupStatus) {
	now := time.Now()
	g.mu.Lock()
	left, written := g.logged.add(now)
	if g.logged.left == 1 && !g.logged.ended {
		g.logged.due = time.AfterFunc(g.logged.until.Sub(now), g.logDue)
	}
	g.mu.Unlock()
	if !written {
		return
	}
	level, line := slog.LevelInfo, fmt.Sprintf("group %s: %d of %d links up, %d suspect", g.name, s.Up, len(s.Links), s.Suspect)
	if s.Suspect > 0 {
		level = slog.LevelWarn
	}
	if s.Degraded {
		level, line = slog.LevelWarn, fmt.Sprintf("%s: degraded, MinUp is %d", line, s.MinUp)
	}
	if left > 0 {
		line = fmt.Sprintf("%s; %d changes were left out", line, left)
	}
	g.write(level, line)
}

// logDue has the status logged, since changes were left out.
func (g *Group) logDue() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.logged.ended {
		g.news.due = true
		g.tellSoon()
	}
}

// hasLeftOut reports whether the log lacks the latest change.
func (g *Group) hasLeftOut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.logged.left > 0
}

// endLog tells what was left out until now: nobody waits until the logWindow is over.
func (g *Group) endLog() {
	g.mu.Lock()
	g.logged.ended = true
	left := g.logged.left
	if g.logged.due != nil {
		g.logged.due.Stop()
	}
	g.mu.Unlock()
	if left > 0 {
		g.write(slog.LevelInfo, fmt.Sprintf("group %s: %d changes were left out", g.name, left))
	}
}

// write gives a line to the logger, which is the embedding program's.
func (g *Group) write(level slog.Level, line string) {
	defer func() {
		if recover() != nil {
			g.panics.Add(1)
		}
	}()
	g.set.Load().logger.Log(context.Background(), level, line)
}
