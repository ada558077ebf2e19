package floor

// read settles what is answered. It looks all of a batch up under one lock and
// wakes the callers outside it.
func (c *Contract) read() error {
	type match struct {
		r    *request
		body []byte
	}
	in := newBatchReader(c.conn, c.cfg.ReadBuffer)
	var matches []match
	for {
		batch, err := in.next()
		if err != nil {
			return err
		}
		c.mu.Lock()
		for body := []byte(nil); len(batch) > 0; {
			body, batch = cut(batch)
			k, response, ok := keyOf(body, c.cfg.STANAt)
			if !ok || !response {
				c.counts.Unmatched++
				continue
			}
			if r := c.answered(k); r != nil {
				matches = append(matches, match{r, body})
			}
		}
		c.mu.Unlock()
		for _, m := range matches {
			m.r.response = append([]byte(nil), m.body...)
			m.r.signal()
		}
		clear(matches)
		matches = matches[:0]
	}
}
