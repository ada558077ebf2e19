// Package actors holds the actors of one link.
//
//	caller: pack, key → door: admit → correlator: register → writer: claim, join, write → socket
//	socket → reader: frames, keys → correlator: match, settle → caller: unpack
//
// A link's actor feeds a pure machine with events and performs its actions;
// it owns the socket. For each session it spawns a writer, a correlator and a
// reader. Whatever ends the session, the link fails, its supervisor restarts
// it, and a new incarnation waits and connects again. What outlives a session
// is in the Record, which a manager keeps (package supervisor).
//
// Nothing that a caller waits for depends on an actor being alive: the door
// answers in the caller's goroutine, and a mailbox gives back what its actor
// cannot handle any more.
//
// # Files
//
//	config, config_faults   what a link is made of, and what is wrong with it
//	record, counters        what outlives a session
//	machine, backoff        the life of a link, without clock or socket
//	link, dial, socket      the actor that lives it
//	door, request, settle   the way in, the claim word, the way out
//	correlator, table       keys to requests, late replies
//	alarm                   one timer for all deadlines
//	writer, reader          the ends of a socket
//	notifier, courier       foreign code, other actors' results
//	mailbox, workers        how the actors run
package actors
