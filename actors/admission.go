package actors

import (
	"net/netip"
	"sync"

	"github.com/isolink-go/isolink/messages"
)

// admission counts the connections of an acceptor against its limits.
type admission struct {
	maxOpen, maxPerAddr, maxHandshakes int

	mu          sync.Mutex
	open        int
	handshaking int
	// perAddr counts those that are open by address; all without one have the zero
	// address.
	perAddr map[netip.Addr]int
}

func newAdmission(c *AcceptorConfig) *admission {
	return &admission{
		maxOpen: c.MaxSessions, maxPerAddr: c.MaxPerAddr, maxHandshakes: c.MaxHandshakes,
		perAddr: make(map[netip.Addr]int),
	}
}

// enter takes a place for a connection, until leave, and one among the
// handshakes, until shaken; or it returns the limit that is in the way. The
// limit of the address comes first: one that fills it has itself to blame.
func (a *admission) enter(addr netip.Addr) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.perAddr[addr] >= a.maxPerAddr:
		return messages.ErrAddrLimit
	case a.open >= a.maxOpen:
		return messages.ErrSessionLimit
	case a.handshaking >= a.maxHandshakes:
		return messages.ErrHandshakeLimit
	}
	a.open++
	a.handshaking++
	a.perAddr[addr]++
	return nil
}

// shaken gives up the place among the handshakes.
func (a *admission) shaken() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.handshaking--
}

// leave gives up the place of a connection.
func (a *admission) leave(addr netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	if a.perAddr[addr]--; a.perAddr[addr] == 0 {
		delete(a.perAddr, addr)
	}
}

// counts are the places that are taken.
func (a *admission) counts() (open, handshaking int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open, a.handshaking
}
