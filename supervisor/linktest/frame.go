package linktest

// Frame is one message as it crosses the wire, without length and trailer.
type Frame struct {
	// Seq is the frame's number among those read from its connection, from 1,
	// keep-alives included. It is 0 in a frame that was not read.
	Seq int
	// Header is what stands between length and message (a TPDU, a BASE I
	// header); nil where the framing has none.
	Header []byte
	// Body is the packed message. It is empty in a keep-alive.
	Body []byte
}

// KeepAlive says whether the frame is a keep-alive: one without a body.
func (f Frame) KeepAlive() bool { return len(f.Body) == 0 }
