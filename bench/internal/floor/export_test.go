package floor

// Queued tells how many requests no writer has looked at.
func (c *Contract) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}
