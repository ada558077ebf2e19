package actors

import (
	"iter"
	"sync/atomic"

	"github.com/isolink-go/isolink/messages"
)

// Refusals count the connections that an acceptor refused, by cause: the
// sentinels of package messages of the same names.
type Refusals struct {
	Denied         uint64
	SessionLimit   uint64
	AddrLimit      uint64
	HandshakeLimit uint64
	Handshake      uint64
	UnknownPeer    uint64
	LinkTaken      uint64
}

// Total is their sum.
func (r Refusals) Total() (sum uint64) {
	for _, n := range r.All() {
		sum += n
	}
	return sum
}

// All are the causes, as metrics name them, and their numbers.
func (r Refusals) All() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		_ = yield("denied", r.Denied) && yield("session_limit", r.SessionLimit) && yield("addr_limit", r.AddrLimit) &&
			yield("handshake_limit", r.HandshakeLimit) && yield("handshake", r.Handshake) &&
			yield("unknown_peer", r.UnknownPeer) && yield("link_taken", r.LinkTaken)
	}
}

// refusals are written from everywhere, each by an atomic add.
type refusals struct {
	denied, sessionLimit, addrLimit, handshakeLimit, handshake, unknownPeer, linkTaken atomic.Uint64
}

func (r *refusals) add(cause error) {
	switch cause {
	case messages.ErrDenied:
		r.denied.Add(1)
	case messages.ErrSessionLimit:
		r.sessionLimit.Add(1)
	case messages.ErrAddrLimit:
		r.addrLimit.Add(1)
	case messages.ErrHandshakeLimit:
		r.handshakeLimit.Add(1)
	case messages.ErrHandshake:
		r.handshake.Add(1)
	case messages.ErrUnknownPeer:
		r.unknownPeer.Add(1)
	case messages.ErrLinkTaken:
		r.linkTaken.Add(1)
	}
}

func (r *refusals) snapshot() Refusals {
	return Refusals{
		Denied: r.denied.Load(), SessionLimit: r.sessionLimit.Load(), AddrLimit: r.addrLimit.Load(),
		HandshakeLimit: r.handshakeLimit.Load(), Handshake: r.handshake.Load(),
		UnknownPeer: r.unknownPeer.Load(), LinkTaken: r.linkTaken.Load(),
	}
}
