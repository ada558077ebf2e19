package messages

import "strconv"

// State is where a link stands in its life.
type State uint8

const (
	// Waiting: no socket; the next attempt to connect is scheduled.
	Waiting State = iota + 1
	// Connecting: an attempt to connect, TLS handshake included, is under way.
	Connecting
	// Up: a session is ready; the only state that takes requests.
	Up
	// Draining: the session takes no new requests and settles those in flight;
	// the socket is about to be closed.
	Draining
	// Paused: no socket, and none is tried until the link is resumed.
	Paused
	// Closed: the link's life is over.
	Closed
)

// String is the state's name in lower case.
func (s State) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Connecting:
		return "connecting"
	case Up:
		return "up"
	case Draining:
		return "draining"
	case Paused:
		return "paused"
	case Closed:
		return "closed"
	}
	return "state " + strconv.Itoa(int(s))
}
