package linktest

// Close closes the connection in good order: an end of stream, under TLS with a
// close_notify before it, for which crypto/tls waits up to 5 s when the other
// end does not read. Replies that wait to be written are dropped. It returns
// the error of the socket or of TLS; a second Close returns that of the first
// or net.ErrClosed.
//
// Where received bytes were not read, an operating system may send a reset
// instead.
func (c *Conn) Close() error {
	if t := c.tls.Load(); t != nil {
		err := t.Close()
		_ = c.raw.Close() // tls.Conn closes the socket on its first Close only
		return err
	}
	return c.raw.Close()
}

// Reset closes the connection with a reset (SO_LINGER 0), under TLS without
// close_notify. What the kernel has not sent yet is dropped. On net.Pipe, which
// has no resets, it is a Close. It returns the error of the socket.
func (c *Conn) Reset() error { return c.raw.reset() }

// CloseWrite sends the end of the stream, under TLS behind a close_notify, and
// goes on reading. It returns errors.ErrUnsupported on net.Pipe, and else the
// error of the socket or of TLS.
func (c *Conn) CloseWrite() error {
	if t := c.tls.Load(); t != nil {
		if err := t.CloseWrite(); err != nil {
			return err
		}
	}
	return c.raw.CloseWrite()
}

// StopReading leaves all further bytes to the kernel, until its buffers are
// full and the other end can write no more. It works in the middle of a read,
// and during a TLS handshake: when it returns, no byte is taken any more.
// Frames that were read ahead stay unread too, but for one that is being handed
// to a step at this moment.
func (c *Conn) StopReading() { c.raw.stop() }

// ResumeReading undoes StopReading.
func (c *Conn) ResumeReading() { c.raw.resume() }

// CloseAfterRead closes the socket right after the n-th byte read from it; the
// bytes up to there are still handed on. n counts from the connection's first
// byte, those of TLS included: a test finds its place with BytesRead. 0, and
// any n that was passed already, closes at once; a negative n takes the order
// back. Set in PeerConfig.OnAccept, it is exact from the first byte of a TLS
// handshake on.
func (c *Conn) CloseAfterRead(n int64) { c.raw.setReadCut(n, false) }

// ResetAfterRead is CloseAfterRead with a reset.
func (c *Conn) ResetAfterRead(n int64) { c.raw.setReadCut(n, true) }

// CloseAfterWrite closes the socket right after the n-th byte written to it.
// The write that reaches beyond it returns ErrCut. n counts as in
// CloseAfterRead. A write that is under way is not stopped.
func (c *Conn) CloseAfterWrite(n int64) { c.raw.setWriteCut(n, false) }

// ResetAfterWrite is CloseAfterWrite with a reset. The other end may then miss
// bytes that were written before it, since a reset overtakes what is unsent.
func (c *Conn) ResetAfterWrite(n int64) { c.raw.setWriteCut(n, true) }
