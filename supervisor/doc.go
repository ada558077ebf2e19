// Package supervisor is the door to isolink: it keeps ISO 8583 links, each a
// tree of supervised actors, up, and takes the connections of peers.
//
// The end that connects:
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
// The end that listens:
//
//	host, err := mgr.Listen(supervisor.AcceptorConfig{
//		Name: "issuer", Addr: ":5001",
//		Session: supervisor.LinkConfig{Spec: spec, Framing: framing.Binary2{}, Handler: authorize},
//	})
//	…
//	func authorize(ctx context.Context, in *messages.Inbound) {
//		msg, err := in.Message()
//		…
//		err = in.Reply(ctx, answer)
//	}
//
// Both ends have the same actors, promises and handles: a link's peer may ask as
// well as answer, and a session of an acceptor sends as a link does.
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
// A reply to a request of the peer settles likewise: nil when its bytes were
// handed to the network, or one of the first two.
//
// # Requests of the peer
//
// Handler gets them, MaxHandlers at a time, behind a queue of MaxInbound; beyond
// it Overload answers, or they are dropped and counted. Only requests are ever
// answered, at most once, by a response, until HandleTimeout has passed or their
// session has ended. A handler may keep an Inbound and answer later; an actor
// answers by sending a messages.Answer to the link's PID.
//
// # Network management
//
// With SignOn, a link is up when its sign-on was accepted; a refusal ends the
// session. SignOff and SignOn of the handle are the operator's; Echo keeps watch.
// messages.ISO87 and its like make these exchanges, and answer the peer's.
//
// # Groups
//
// A Group is links that serve the same purpose, with the methods of a link. Each
// send goes to the link that its Strategy chooses among those that are up and not
// suspect, and on to the next one when it was not sent; what is in doubt stays so.
// Other actors send commands to its PID. Recycle restarts its links one by one.
//
// # Configuration
//
// Load reads links, groups and acceptors from a file; Manager.Apply changes to another
// configuration without a restart, and leaves alone what is the same. On a signal, for
// instance:
//
//	config, err := supervisor.Load("switch.yaml", options)
//	if err == nil {
//		_, err = mgr.Apply(ctx, config) // a wrong one changes nothing
//	}
//
// # Scopes
//
// Where a host answers on another connection than it was asked on, its links share
// LinkConfig.Scope: one table of keys for all of them, one late window, and, with
// SignOnScope, one sign-on. What was written when a session ends then waits for its
// response on another link, until its deadline (OnDisconnect). Links of a scope are
// mostly those of a group, but need not be.
//
// # Acceptors
//
// A connection passes Allow and Deny, MaxSessions and MaxPerAddr, the TLS
// handshake, PeerName; then it belongs to the link that expects a peer of that
// name (LinkConfig.Accept), or becomes a session, which is closed for good with
// its connection. What is refused is reset before it sees a byte of ours, but for
// its TLS handshake where it came so far; it is counted by cause (Refusals) and told
// (messages.Refused). A slow handshake holds up nobody.
//
// # The tree
//
//	manager                one actor for all; restarts what fails
//	├── link visa-1        its life as a state machine; owns the socket
//	│   ├── reader         blocks in Read, in a goroutine of its own
//	│   ├── writer         the only caller of Write
//	│   └── correlator     key → waiting request; deadlines; late window
//	├── link visa-2 …
//	└── acceptor issuer    admits connections; stops what fails
//	    ├── session 1      a link's actors, that end with their socket
//	    └── session 2 …
//	notifier visa-1 …      runs hooks, loggers and subscribers
//
// A link whose session ends fails, and its manager restarts it at once; the
// new incarnation waits as Backoff says before it connects, or, where the peer
// connects, until it does.
package supervisor
