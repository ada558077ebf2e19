package console

import (
	"strings"
	"sync"
	"time"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

// What is remembered of each link.
const (
	historyPoints = 120 // of the lines
	historyEvents = 64  // of the timeline, and of the failures
)

// history is what a status does not have: how links did until now. It forgets links
// that are gone.
type history struct {
	mu      sync.Mutex
	links   map[string]*past
	changed chan struct{} // closed when a link changes its state
}

// past is that of one link.
type past struct {
	points   []point // the newest last
	timeline []moment
	failures []moment
	settled  uint64    // sends, at the last point
	at       time.Time // of the last point
}

// point is a point of a link's lines.
type point struct {
	Rate float64 `json:"rate"` // settled sends a second
	P99  float64 `json:"p99"`  // ms, of the last minute
}

// moment is a line of the timeline or of the failures.
type moment struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

func newHistory() *history {
	return &history{links: make(map[string]*past), changed: make(chan struct{})}
}

// changes is closed at the next change of a link's state.
func (h *history) changes() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changed
}

func (h *history) of(link string) *past {
	p := h.links[link]
	if p == nil {
		p = &past{}
		h.links[link] = p
	}
	return p
}

// event takes what links tell. It is called by the event stream, and so by each link's
// notifier.
func (h *history) event(e any) {
	if m, ok := e.(messages.Event); !ok || strings.Contains(m.Origin(), "/") {
		return // the session of an acceptor is no link: there may be any number, each with a name of its own
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := e.(type) {
	case *messages.StateChanged:
		text := m.From.String() + " → " + m.To.String()
		if m.Reason != nil {
			text += ": " + m.Reason.Error()
		}
		p := h.of(m.Link)
		p.timeline = appendLast(p.timeline, moment{m.At, text}, historyEvents)
		close(h.changed)
		h.changed = make(chan struct{})
	case *messages.SessionChanged:
		// The timeline has it by the states.
	case messages.Event:
		if text, ok := failureText(m); ok {
			p := h.of(m.Origin())
			p.failures = appendLast(p.failures, moment{time.Now(), text}, historyEvents)
		}
	}
}

// failureText is what is shown of an event that says that something failed.
func failureText(e messages.Event) (string, bool) {
	switch m := e.(type) {
	case *messages.EchoFailed:
		return "an echo failed: " + errorText(m.Reason), true
	case *messages.SignFailed:
		if m.Off {
			return "the sign-off failed: " + errorText(m.Reason), true
		}
		return "the sign-on failed: " + errorText(m.Reason), true
	case *messages.ReadIdle:
		return "nothing was received for too long", true
	case *messages.RequestsDropped:
		return "requests of the peer were dropped: " + errorText(m.Reason), true
	case *messages.EventsDropped:
		return "events were dropped: an observer is too slow", true
	case *messages.CertificatesFailed:
		return "the certificate files could not be read again", true
	case *messages.Panicked:
		return "a function of the embedding program panicked", true
	case *messages.LateReply:
		return "a late reply came", true
	case *messages.Unmatched:
		return "a message came that nobody waits for", true
	}
	return "", false
}

func errorText(err error) string {
	if err == nil {
		return "no reason given"
	}
	return err.Error()
}

func appendLast[E any](all []E, one E, most int) []E {
	if len(all) == most {
		copy(all, all[1:])
		all[most-1] = one
		return all
	}
	return append(all, one)
}

// sample takes a point of each link's lines.
func (h *history) sample(s supervisor.ManagerStatus, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	there := make(map[string]bool, len(s.Links))
	for i := range s.Links {
		l := &s.Links[i]
		there[l.Name] = true
		p := h.of(l.Name)
		settled := settledOf(&l.Counters)
		if settled < p.settled {
			p.settled = 0 // the link was changed, or another has its name: its counters began anew
		}
		if !p.at.IsZero() && now.After(p.at) {
			p.points = appendLast(p.points, point{
				Rate: float64(settled-p.settled) / now.Sub(p.at).Seconds(), P99: milliseconds(l.LastMinute.P99),
			}, historyPoints)
		}
		p.settled, p.at = settled, now
	}
	for name := range h.links {
		if !there[name] {
			delete(h.links, name)
		}
	}
}

func settledOf(c *supervisor.Counters) uint64 {
	return c.Answered + c.Posted + c.Rejected + c.NotSent + c.InDoubt
}

// lines is a copy of the points.
func (h *history) lines(link string) []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.links[link]
	if p == nil {
		return []point{}
	}
	return append([]point{}, p.points...)
}

// moments are copies of the timeline and the failures, the newest first.
func (h *history) moments(link string) (timeline, failures []moment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.links[link]
	if p == nil {
		return []moment{}, []moment{}
	}
	return newestFirst(p.timeline), newestFirst(p.failures)
}

func newestFirst(all []moment) []moment {
	made := make([]moment, len(all))
	for i, m := range all {
		made[len(all)-1-i] = m
	}
	return made
}
