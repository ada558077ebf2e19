package floor

// admit takes the request into the table and the queue, or says why not. lead
// tells the caller that it is the writer now.
func (c *Contract) admit(r *request) (lead bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.failed != nil:
		return false, c.failed
	case c.inFlight.length >= c.cfg.Limit || len(c.queue) >= c.cfg.Limit:
		// The queue has its own limit since a request that timed out in it stays
		// there until a writer comes by, and the peer may have stopped reading.
		return false, ErrOverloaded
	}
	if _, taken := c.table[r.key]; taken {
		return false, ErrDuplicateKey
	}
	c.table[r.key] = r
	c.inFlight.push(r)
	c.queue = append(c.queue, r)
	c.wakeBy(r.deadline)
	lead = !c.writing
	c.writing = true
	return lead, nil
}

// answered settles the request that a response with this key answers, or returns
// nil. The caller of answered fills in the response and signals. mu is held.
func (c *Contract) answered(k key) *request {
	r := c.table[k]
	if r == nil || r.claim.Load() == queued {
		// Nobody can have answered what was never written.
		c.counts.Unmatched++
		return nil
	}
	delete(c.table, k)
	if _, won := r.take(); !won {
		c.late.remove(r)
		c.counts.Late++
		return nil
	}
	c.inFlight.remove(r)
	return r
}

// giveUp settles a request in flight without a response and tells whether it was
// not settled before. Who calls it signals, after it has released mu, which is
// held.
func (c *Contract) giveUp(r *request, cause error) bool {
	wasClaimed, won := r.take()
	if !won {
		return false
	}
	c.inFlight.remove(r)
	if !wasClaimed {
		r.err = notSent(cause)
		delete(c.table, r.key)
		return true
	}
	r.err = inDoubt(cause)
	c.rememberLate(r)
	return true
}

// rememberLate keeps the key of a request in doubt taken. Past the limit the
// oldest one is given free. mu is held.
func (c *Contract) rememberLate(r *request) {
	if c.late.length >= c.cfg.Limit {
		c.forgetLate(c.late.first)
	}
	r.deadline = c.now() + c.cfg.LateWindow
	c.late.push(r)
	c.wakeBy(r.deadline)
}

func (c *Contract) forgetLate(r *request) {
	c.late.remove(r)
	delete(c.table, r.key)
}

// abandon settles the request for a caller whose context has ended, and tells
// whether it was not settled before.
func (c *Contract) abandon(r *request, cause error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.giveUp(r, cause)
}
