package actors

import (
	"time"

	"github.com/moov-io/iso8583"
)

// NetworkManagement is an exchange of network management (0800, 1804, 2804) that
// a link makes by itself.
type NetworkManagement struct {
	// Build makes the request. It runs in a goroutine of its own, a slow one beside
	// the next, and must give each message a fresh STAN. While 16 calls of Build and
	// Check have not returned, the link's others fail. Nil: there is no such exchange.
	Build func() (*iso8583.Message, error)
	// Check judges the response, in that goroutine; an error, which is told in
	// events and logs, refuses. messages.WantCode makes one. Nil: any response will
	// do.
	Check func(*iso8583.Message) error
	// Timeout is the longest that it may take, building and Then included; 0 means
	// 10 s.
	Timeout time.Duration
	// Then are exchanges that follow in this order, each when the one before was
	// accepted: a key exchange behind a sign-on, for example. All must have Build;
	// their Timeout and Then are not used, and must be left zero.
	Then []NetworkManagement
}

// OnSecond says what becomes of another connection of the peer of a link that
// has a session already.
type OnSecond uint8

const (
	// Replace gives the link to the newer connection: the session ends at once, and
	// what was in flight in it is in doubt. A peer that lost its connection
	// without this end's knowledge comes back so.
	Replace OnSecond = iota
	// Refuse closes the newer connection.
	Refuse
)
