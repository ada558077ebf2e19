package actors

import "sync/atomic"

// Counters count since the link was made. Every send is in exactly one of
// Answered, Posted, Rejected, NotSent and InDoubt once it has settled.
type Counters struct {
	Answered uint64 // sends that got their response
	Posted   uint64 // posts and writes that were handed to the network
	Rejected uint64 // sends that the peer rejected
	NotSent  uint64
	InDoubt  uint64

	Requests    uint64 // requests of the peer that were given to the handler
	Replied     uint64 // replies to them that were handed to the network
	ReplyFailed uint64 // replies to them that were not, or only in part
	Overloaded  uint64 // requests of the peer beyond MaxInbound, answered by Overload or not
	Expired     uint64 // requests of the peer whose deadline passed while they waited

	Late       uint64 // late replies, delivered
	Unmatched  uint64 // frames of the peer that nobody waited for
	KeepAlives uint64 // zero-length frames received
	Sessions   uint64 // sessions that came up
	Attempts   uint64 // attempts to connect
	Echoes     uint64 // echoes answered
	Missed     uint64 // echoes missed
	Dropped    uint64 // events dropped
	Panics     uint64 // panics of hooks

	KeepAlivesSent uint64 // zero-length frames handed to the network
	Unlogged       uint64 // lines left out of the log; see LinkConfig.Logger
}

// add adds what o has counted.
func (c *Counters) add(o Counters) {
	c.Answered += o.Answered
	c.Posted += o.Posted
	c.Rejected += o.Rejected
	c.NotSent += o.NotSent
	c.InDoubt += o.InDoubt
	c.Requests += o.Requests
	c.Replied += o.Replied
	c.ReplyFailed += o.ReplyFailed
	c.Overloaded += o.Overloaded
	c.Expired += o.Expired
	c.Late += o.Late
	c.Unmatched += o.Unmatched
	c.KeepAlives += o.KeepAlives
	c.KeepAlivesSent += o.KeepAlivesSent
	c.Sessions += o.Sessions
	c.Attempts += o.Attempts
	c.Echoes += o.Echoes
	c.Missed += o.Missed
	c.Dropped += o.Dropped
	c.Panics += o.Panics
	c.Unlogged += o.Unlogged
}

// counters are written from everywhere, each by an atomic add.
type counters struct {
	answered, posted, rejected, notSent, inDoubt atomic.Uint64
	requests, replied, replyFailed               atomic.Uint64
	overloaded, expired                          atomic.Uint64
	late, unmatched, keepAlives, keepAlivesSent  atomic.Uint64
	sessions, attempts, echoes, missed           atomic.Uint64
	dropped, panics, unlogged                    atomic.Uint64
}

func (c *counters) snapshot() Counters {
	return Counters{
		Answered: c.answered.Load(), Posted: c.posted.Load(), Rejected: c.rejected.Load(),
		NotSent: c.notSent.Load(), InDoubt: c.inDoubt.Load(),
		Requests: c.requests.Load(), Replied: c.replied.Load(), ReplyFailed: c.replyFailed.Load(),
		Overloaded: c.overloaded.Load(), Expired: c.expired.Load(),
		Late: c.late.Load(), Unmatched: c.unmatched.Load(),
		KeepAlives: c.keepAlives.Load(), KeepAlivesSent: c.keepAlivesSent.Load(),
		Sessions: c.sessions.Load(), Attempts: c.attempts.Load(), Echoes: c.echoes.Load(), Missed: c.missed.Load(),
		Dropped: c.dropped.Load(), Panics: c.panics.Load(), Unlogged: c.unlogged.Load(),
	}
}

// take is snapshot, and starts the counts anew.
func (c *counters) take() Counters {
	return Counters{
		Answered: c.answered.Swap(0), Posted: c.posted.Swap(0), Rejected: c.rejected.Swap(0),
		NotSent: c.notSent.Swap(0), InDoubt: c.inDoubt.Swap(0),
		Requests: c.requests.Swap(0), Replied: c.replied.Swap(0), ReplyFailed: c.replyFailed.Swap(0),
		Overloaded: c.overloaded.Swap(0), Expired: c.expired.Swap(0),
		Late: c.late.Swap(0), Unmatched: c.unmatched.Swap(0),
		KeepAlives: c.keepAlives.Swap(0), KeepAlivesSent: c.keepAlivesSent.Swap(0),
		Sessions: c.sessions.Swap(0), Attempts: c.attempts.Swap(0), Echoes: c.echoes.Swap(0), Missed: c.missed.Swap(0),
		Dropped: c.dropped.Swap(0), Panics: c.panics.Swap(0), Unlogged: c.unlogged.Swap(0),
	}
}
