package messages

import "strconv"

// State is where a link stands in its life.
type State uint8

const (
	// Waiting means: no socket; the next attempt to connect is scheduled.
	Waiting State = iota + 1
	// Connecting means: an attempt to connect, TLS handshake included, is under way.
	Connecting
	// Up means: a session is ready; the only state that takes requests.
	Up
	// Draining means: the session takes no new requests and settles those in flight;
	// the socket is about to be closed.
	Draining
	// Paused means: no socket, and none is tried until the link is resumed.
	Paused
	// Closed means: the link's life is over.
	Closed
	// SigningOn means: a session whose sign-on is under way.
	SigningOn
	// SignedOff means: a session that takes no requests, since an operator has signed
	// the link off. Requests of the peer are answered, and echoes exchanged.
	SignedOff
)

// String is the state's name in lower case.
func (s State) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Connecting:
		return "connecting"
	case SigningOn:
		return "signing on"
	case Up:
		return "up"
	case SignedOff:
		return "signed off"
	case Draining:
		return "draining"
	case Paused:
		return "paused"
	case Closed:
		return "closed"
	}
	return "state " + strconv.Itoa(int(s))
}
