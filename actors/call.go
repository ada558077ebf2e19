package actors

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// call is the context of a handler's call: it ends by the request's deadline, when
// the link's handlers are cut, and when the handler has returned. Most handlers do
// nothing with it but pass it to Reply, which knows all that by itself: timer and
// channel are made when somebody asks for them.
type call struct {
	inlet    *inlet
	deadline time.Time

	mu     sync.Mutex
	over   bool            // the handler has returned
	made   context.Context // nil: nobody asked
	cancel context.CancelFunc
}

var _ context.Context = (*call)(nil)

// Format prints the deadline, whatever the verb: handlers log their context, and what is
// behind this one changes meanwhile.
func (c *call) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "isolink call (until %s)", c.deadline.Format(time.RFC3339Nano))
}

// String is for text/template, and for the contexts that are made of it.
func (c *call) String() string { return fmt.Sprint(c) }

// begin makes the context of a call; end is to be called when it is over.
func (n *inlet) begin(deadline time.Time) *call { return &call{inlet: n, deadline: deadline} }

// Deadline is the request's.
func (c *call) Deadline() (time.Time, bool) { return c.deadline, true }

// Done is described at context.Context.
func (c *call) Done() <-chan struct{} { return c.full().Done() }

// Value is that of the workers' context; the context package asks by it, too.
func (c *call) Value(key any) any { return c.full().Value(key) }

// Err is described at context.Context.
func (c *call) Err() error {
	if c.isPlain() {
		return nil
	}
	return c.full().Err()
}

// isPlain reports whether the call goes on and nobody asked for its end.
func (c *call) isPlain() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made == nil && !c.over && !c.inlet.wasCut.Load() && time.Now().Before(c.deadline) &&
		c.inlet.record.workers.Context().Err() == nil
}

// full returns the whole context.
func (c *call) full() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made != nil {
		return c.made
	}
	n := c.inlet
	c.made, c.cancel = context.WithDeadline(n.record.workers.Context(), c.deadline)
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.over || n.wasCut.Load() {
		c.cancel()
		return c.made
	}
	if n.running == nil {
		n.running = make(map[*call]struct{})
	}
	n.running[c] = struct{}{}
	return c.made
}

// end ends it.
func (c *call) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.made == nil {
		return
	}
	c.cancel()
	c.inlet.mu.Lock()
	defer c.inlet.mu.Unlock()
	delete(c.inlet.running, c)
}
