// Package supervisor is the door to isolink: it keeps ISO 8583 links, each a
// tree of supervised actors, up.
//
//	mgr, err := supervisor.New(nil, supervisor.Config{Links: []supervisor.LinkConfig{{
//		Name: "visa-1", Addrs: []string{"10.0.0.1:5001", "10.0.0.2:5001"},
//		Spec: spec, Framing: framing.Binary2{},
//	}}})
//	link := mgr.Link("visa-1")           // stays valid across restarts
//	err = link.Await(ctx, messages.Up)
//	reply, err := link.Send(ctx, msg)    // *iso8583.Message in and out
//	…
//	err = mgr.Close(ctx)
//
// # What became of a send
//
// Every send settles exactly once, by its deadline: answered, or with a
// *messages.SendError that is one of
//
//   - messages.ErrNotSent: the peer cannot have read a byte of it; it is safe
//     to send it elsewhere.
//   - messages.ErrInDoubt: it may have reached the peer, and no response came;
//     it has to be reversed or repeated. A response that comes later is
//     delivered to OnLate.
//   - messages.ErrRejected: the peer answered that it did not process it.
//
// # The tree
//
//	manager                one actor for all links; restarts what fails
//	├── link visa-1        its life as a state machine; owns the socket
//	│   ├── reader         blocks in Read, in a goroutine of its own
//	│   ├── writer         the only caller of Write
//	│   └── correlator     key → waiting request; deadlines; late window
//	└── link visa-2 …
//	notifier visa-1 …      runs hooks, loggers and subscribers
//
// A link whose session ends fails, and its manager restarts it at once; the
// new incarnation waits as Backoff says before it connects.
package supervisor
