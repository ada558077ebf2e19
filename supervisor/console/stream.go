package console

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/isolink-go/isolink/messages"
)

// stream is a response of server-sent events.
type stream struct {
	w     http.ResponseWriter
	flush *http.ResponseController
}

// writeWait bounds each event: a viewer that takes none is gone.
const writeWait = 10 * time.Second

// gather is how long a change waits for what follows from it, such as the time of the
// next attempt, and for other changes: they are told together.
const gather = 200 * time.Millisecond

// open begins a stream, where there is room for one more viewer; close it.
func (c *Console) open(w http.ResponseWriter) (s *stream, closed func()) {
	select {
	case c.viewers <- struct{}{}:
	default:
		http.Error(w, "too many viewers", http.StatusServiceUnavailable)
		return nil, nil
	}
	w.Header().Set("Content-Type", "text/event-stream")
	return &stream{w, http.NewResponseController(w)}, func() { <-c.viewers }
}

// eventOf is text as an event, each line of it behind "data:".
func eventOf(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		fmt.Fprintf(&out, "data: %s\n", bytes.TrimRight(line, "\r\n"))
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// send writes one event.
func (s *stream) send(event []byte) error {
	// A server may not know deadlines of its own; then the connection's are left.
	_ = s.flush.SetWriteDeadline(time.Now().Add(writeWait))
	// With HTTP/2 a deadline that passes ends the stream, though nothing waits to be written.
	defer func() { _ = s.flush.SetWriteDeadline(time.Time{}) }()
	if _, err := s.w.Write(event); err != nil {
		return err
	}
	return s.flush.Flush()
}

// shown is an overview that all viewers are told who look at about the same time. Of many
// links there is much to tell: it is made a fifth of the time at most, for however many.
type shown struct {
	event   []byte
	changed <-chan struct{} // closed when a link has changed its state since
	made    time.Time
	rest    time.Duration // until another is made
}

// show is the last overview, or another when that has had its rest.
func (c *Console) show() (*shown, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && time.Since(c.last.made) < c.last.rest {
		return c.last, nil
	}
	began, changed := time.Now(), c.history.changes()
	text, err := json.Marshal(c.overview())
	if err != nil {
		return nil, err
	}
	c.last = &shown{event: eventOf(text), changed: changed, made: time.Now()}
	c.last.rest = max(gather, 4*c.last.made.Sub(began))
	return c.last, nil
}

// serveEvents sends the overview, each Interval and after each change of a link,
// until the viewer, or the console, has gone.
func (c *Console) serveEvents(w http.ResponseWriter, r *http.Request) {
	s, closed := c.open(w)
	if s == nil {
		return
	}
	defer closed()
	ticker := time.NewTicker(c.options.Interval)
	defer ticker.Stop()
	for last := (*shown)(nil); ; {
		now, err := c.show()
		if err != nil || now != last && s.send(now.event) != nil {
			return
		}
		last = now
		if !c.toTell(r.Context(), ticker.C, now.changed, now.rest) {
			return
		}
	}
}

// toTell waits until there is something to tell: at each tick, and rest after the first
// change. It is false when the viewer, or the console, has gone.
func (c *Console) toTell(viewer context.Context, tick <-chan time.Time, changed <-chan struct{}, rest time.Duration) bool {
	var rested <-chan time.Time
	for {
		select {
		case <-changed:
			changed, rested = nil, time.After(rest)
		case <-rested:
			return true
		case <-tick:
			return true
		case <-viewer.Done():
			return false
		case <-c.ctx.Done():
			return false
		}
	}
}

// serveTap sends the messages of a link until the viewer, or the console, has gone, or
// the link: a tap is of the link as it is.
func (c *Console) serveTap(w http.ResponseWriter, r *http.Request) {
	link := c.link(w, r)
	if link == nil {
		return
	}
	s, closed := c.open(w)
	if s == nil {
		return
	}
	defer closed()
	texts := make(chan []byte)
	gone := make(chan struct{})
	changed, door := c.history.changes(), link.PID() // it has another when it was changed
	stop, err := link.Tap(toChannel{texts, gone})
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	defer stop()
	defer close(gone) // before stop, which waits for who writes
	if s.send(eventOf([]byte("the messages of "+link.Name()+" from now on, card data masked"))) != nil {
		return
	}
	for {
		select {
		case text := <-texts:
			if s.send(eventOf(text)) != nil {
				return
			}
		case <-changed:
			changed = c.history.changes()
			if link.PID() != door || link.Status().State == messages.Closed {
				_ = s.send(eventOf([]byte("the link was changed or closed: there are no more messages of it"))) // or the viewer has gone
				return
			}
		case <-r.Context().Done():
			return
		case <-c.ctx.Done():
			return
		}
	}
}

// toChannel is a writer that hands each text over, until nobody takes them.
type toChannel struct {
	to   chan<- []byte
	gone <-chan struct{}
}

func (t toChannel) Write(p []byte) (int, error) {
	select {
	case t.to <- bytes.Clone(p):
		return len(p), nil
	case <-t.gone:
		return 0, http.ErrAbortHandler
	}
}
