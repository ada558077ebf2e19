package floor

import "time"

// wakeBy makes sure that expire runs at that time or before. A timer that is set
// is only ever brought forward: one that goes off early finds nothing to do and
// is set again, which with a common timeout happens once per timeout, not once
// per exchange. mu is held.
func (c *Contract) wakeBy(at time.Duration) {
	if c.failed != nil || c.timerAt != 0 && c.timerAt <= at {
		return
	}
	c.timerAt = at
	c.timer.Reset(at - c.now())
}

// expire gives up what has passed its deadline and sets the timer for what is
// next.
func (c *Contract) expire() {
	c.mu.Lock()
	now := c.now()
	c.timerAt = 0
	var expired []*request
	for r := c.inFlight.first; r != nil && r.deadline <= now; r = c.inFlight.first {
		if c.giveUp(r, ErrTimeout) {
			expired = append(expired, r)
		}
	}
	for r := c.late.first; r != nil && r.deadline <= now; r = c.late.first {
		c.forgetLate(r)
	}
	for _, l := range []*list{&c.inFlight, &c.late} {
		if l.first != nil {
			c.wakeBy(l.first.deadline)
		}
	}
	c.mu.Unlock()
	for _, r := range expired {
		r.signal()
	}
}
