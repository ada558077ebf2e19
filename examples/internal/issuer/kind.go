package issuer

// Kind is a way in which the host fails.
type Kind uint8

// Faults of a connection come from a plan in time, those of a request from its
// reference.
const (
	NoFault     Kind = iota
	Closes           // closes the connection in good order
	Resets           // resets it
	HalfCloses       // ends its direction, and goes on reading
	Stalls           // neither reads nor answers for a while
	AnswersLate      // answers after the sender's time-out
	AnswersTwice
	AnswersNever
	kinds // how many there are
)

// Kinds are all faults that there are.
func Kinds() []Kind {
	return []Kind{Closes, Resets, HalfCloses, Stalls, AnswersLate, AnswersTwice, AnswersNever}
}

// String is the kind's row in a table.
func (k Kind) String() string {
	return [kinds + 1]string{
		"no fault", "connections closed", "connections reset", "connections half-closed", "stalls",
		"replies delayed", "replies sent twice", "requests dropped", "unknown",
	}[min(k, kinds)]
}
