// Package actors holds the actors of one link and of one acceptor.
//
//	caller: pack, key → door: admit → correlator: register → writer: claim, join, write → socket
//	socket → reader: frames, keys → correlator: match, settle → caller: unpack
//	socket → reader → correlator: a request → inlet: handler → writer
//	listener → access, admission, handshake, name → acceptor: a session
//
// A link's actor feeds a pure machine with events and performs its actions;
// it owns the socket. For each session it spawns a writer, a correlator and a
// reader. Whatever ends the session, the link fails, its supervisor restarts
// it, and a new incarnation waits and connects again. What outlives a session
// is in the Record, which a manager keeps (package supervisor).
//
// A session of an acceptor is a link whose machine ends with its socket; its
// supervisor, the acceptor's actor, stops it instead.
//
// Nothing that a caller waits for depends on an actor being alive: the door
// answers in the caller's goroutine, and a mailbox gives back what its actor
// cannot handle any more.
//
// # Files
//
//	config, config_parts    what a link is made of
//	config_defaults, …      what is meant where a field is zero; faults, by subject
//	acceptor_config         the same of an acceptor
//	record, counters        what outlives a session
//	scope, scope_sign       a table of keys, or a sign-on, that links share
//	acceptor_record         what outlives an acceptor's actor
//	machine, machine_…      the life of a link, without clock or socket
//	backoff                 when it tries again
//	link, link_…            the actor that lives it
//	dial, socket            its connection
//	network, silence        what it says by itself, and when it hears nothing
//	keepalive               messages of length zero
//	door, request, settle   the way in, the claim word, the way out
//	process, door_commands  where other actors' commands enter
//	forward, courier        a group's commands on their way; results to other actors
//	matching, verify        the keys of messages, and what else has to agree
//	correlator, table       keys to requests, late replies
//	alarm                   one timer for all deadlines
//	writer, reader          the ends of a socket
//	inlet, reply            requests of the peer to their handler, and back
//	acceptor                the actor that makes sessions of connections
//	accept                  connections before they are sessions
//	access, admission       who may connect, and how many
//	refusals, sampler       what is counted, and told now and then
//	notifier                hooks, loggers and subscribers
//	mailbox, mailbox_run, … how the actors run
//	workers
package actors
