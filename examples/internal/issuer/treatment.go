package issuer

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Treatment is what the host does with one request. The zero value is to
// approve it.
type Treatment struct {
	Kind     Kind // NoFault, AnswersLate, AnswersTwice or AnswersNever
	Declined bool
	Delay    time.Duration // of AnswersLate, beyond the sender's time-out
}

// deck is the treatment of 100 requests in a row.
const deck = 100

// Treat is the treatment of the request with that reference (field 37): the same
// for the same seed, whatever else happens. Of 100 requests whose references are
// numbers in a row, two are answered too late, two twice, one never, and eight
// are declined. What has no number for a reference, such as an echo, is approved.
func Treat(seed uint64, reference string) Treatment {
	number, err := strconv.ParseUint(reference, 10, 64)
	if err != nil {
		return Treatment{}
	}
	random := rand.New(rand.NewPCG(seed, 2+number/deck))
	var t Treatment
	switch card := random.Perm(deck)[number%deck]; {
	case card < 2:
		t.Kind = AnswersLate
	case card < 4:
		t.Kind = AnswersTwice
	case card < 5:
		t.Kind = AnswersNever
	case card < 13:
		t.Declined = true
	}
	// The deck's random is the same for all of its cards: the delay needs its own.
	random = rand.New(rand.NewPCG(seed, ^number))
	t.Delay = 20*time.Millisecond + time.Duration(random.IntN(300))*time.Millisecond
	return t
}
