package supervisor

import (
	"fmt"
	"log/slog"
	"reflect"
)

// groupShape is what of a group's status is told when it changes.
type groupShape struct {
	set         *groupSet
	up, suspect int
}

// watch looks at the group again whenever one of its links, their number, or what
// is thought of them changes. It runs on a worker of its own until the manager
// closes; no send waits for it.
func (g *Group) watch() {
	defer g.endLog()
	last := groupShape{set: g.set.Load()}
	for {
		set := g.set.Load()
		links := make([]Status, len(set.members))
		cases := make([]reflect.SelectCase, 2, 2+len(links))
		cases[0], cases[1] = receive(g.ended), receive(g.stirred)
		for i, m := range set.members {
			status, changed := m.record.Changed()
			links[i] = status
			cases = append(cases, receive(changed))
		}
		// Who waits has taken its channel before it looked: so all channels of
		// links are taken before it is woken.
		g.wake()
		status := g.status(set, links)
		if g.over() {
			return // before the news that its links are closing
		}
		if shape := (groupShape{set, status.Up, status.Suspect}); shape != last {
			last = shape
			g.tell(&status)
		}
		reflect.Select(cases)
	}
}

func receive[T any](ch <-chan T) reflect.SelectCase {
	return reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ch)}
}

// stir makes the watcher look again. It never blocks.
func (g *Group) stir() {
	select {
	case g.stirred <- struct{}{}:
	default: // it will
	}
}

// wake lets those look again who wait by Await.
func (g *Group) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.changed)
	g.changed = make(chan struct{})
}

// groupNews is what waits to be told. A status that still waits is replaced by
// the next, and so is a panic: memory stays bounded, and a slow observer sees the
// latest.
type groupNews struct {
	status   *GroupStatus
	panicked string // a line; empty: none
	due      bool   // changes were left out of the log
}

func (g *Group) tell(s *GroupStatus) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.news.status = s
	g.tellSoon()
}

// recovered is deferred around the embedding program's functions: it counts a
// panic, and has it logged. Only the type of the panic's value is told: the value
// may hold anything.
func (g *Group) recovered(where string) {
	p := recover()
	if p == nil {
		return
	}
	g.panics.Add(1)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.news.panicked = fmt.Sprintf("group %s: %s panicked: %T", g.name, where, p)
	g.tellSoon()
}

// tellSoon sees to it that the news are told. It is called with mu held.
func (g *Group) tellSoon() {
	if !g.telling && g.news != (groupNews{}) {
		g.telling = true
		g.manager.workers.Go(g.tellNews)
	}
}

// tellNews tells what waits, one at a time, and goes on in another call with what
// came meanwhile, whatever the embedding program's functions do.
func (g *Group) tellNews() {
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.telling = false
		g.tellSoon()
	}()
	g.mu.Lock()
	news := g.news
	g.news = groupNews{}
	g.mu.Unlock()
	if news.panicked != "" {
		g.write(slog.LevelWarn, news.panicked)
	}
	if news.status == nil {
		if news.due && g.hasLeftOut() {
			g.log(g.Status())
		}
		return
	}
	g.log(*news.status)
	if onChange := g.set.Load().config.OnChange; onChange != nil {
		defer g.recovered("OnChange")
		onChange(*news.status)
	}
}
