package actors

import "sync/atomic"

// Counters count since the link was made. Every send is in exactly one of
// Answered, Posted, Rejected, NotSent and InDoubt once it has settled.
type Counters struct {
	Answered uint64 // sends that got their response
	Posted   uint64 // posts that were handed to the network
	Rejected uint64 // sends that the peer rejected
	NotSent  uint64
	InDoubt  uint64

	Late       uint64 // late replies, delivered
	Unmatched  uint64 // frames of the peer that nobody waited for
	KeepAlives uint64 // zero-length frames received
	Sessions   uint64 // sessions that came up
	Attempts   uint64 // attempts to connect
	Echoes     uint64 // echoes answered
	Missed     uint64 // echoes missed
	Dropped    uint64 // events dropped
	Panics     uint64 // panics of hooks
}

// counters are written from everywhere, each by an atomic add.
type counters struct {
	answered, posted, rejected, notSent, inDoubt atomic.Uint64
	late, unmatched, keepAlives                  atomic.Uint64
	sessions, attempts, echoes, missed           atomic.Uint64
	dropped, panics                              atomic.Uint64
}

func (c *counters) snapshot() Counters {
	return Counters{
		Answered: c.answered.Load(), Posted: c.posted.Load(), Rejected: c.rejected.Load(),
		NotSent: c.notSent.Load(), InDoubt: c.inDoubt.Load(),
		Late: c.late.Load(), Unmatched: c.unmatched.Load(), KeepAlives: c.keepAlives.Load(),
		Sessions: c.sessions.Load(), Attempts: c.attempts.Load(), Echoes: c.echoes.Load(), Missed: c.missed.Load(),
		Dropped: c.dropped.Load(), Panics: c.panics.Load(),
	}
}
