package actors

import "sync/atomic"

// mailboxSlot holds the mailbox of an actor from before it is spawned: what is
// posted until then waits, and what comes when the actor is gone is refused. An
// actor that is spawned anew gets another one.
type mailboxSlot struct {
	options mailboxOptions
	current atomic.Pointer[Mailbox]
	spawned bool // the supervisor's
}

func (s *mailboxSlot) init(o mailboxOptions) {
	s.options = o
	s.current.Store(newMailbox(o))
}

// next is the mailbox for the actor that is about to be spawned. Only its
// supervisor may call it.
func (s *mailboxSlot) next() *Mailbox {
	if s.spawned {
		s.current.Store(newMailbox(s.options))
	}
	s.spawned = true
	return s.current.Load()
}

func (s *mailboxSlot) post(msg any) { s.current.Load().PostUserMessage(msg) }

// discard refuses what waits for an actor that will never be spawned. Only its
// supervisor may call it.
func (s *mailboxSlot) discard() {
	if !s.spawned {
		s.current.Load().close()
	}
}
