package main

import (
	"math/rand/v2"
	"time"
)

// kind is a way in which the host fails.
type kind uint8

// Faults of a connection come from a plan in time, those of a request from its
// number.
const (
	closes      kind = iota // closes the connection in good order
	resets                  // resets it
	halfCloses              // ends its direction, and goes on reading
	stalls                  // neither reads nor answers for a while
	answersLate             // answers after the sender's time-out
	answersTwice
	answersNever
	kinds // how many there are
)

// String is the kind's row in the table.
func (k kind) String() string {
	return [kinds]string{
		"connections closed", "connections reset", "connections half-closed", "stalls",
		"replies delayed", "replies sent twice", "requests dropped",
	}[k]
}

// connectionFaults are the kinds that a plan is made of.
var connectionFaults = []kind{closes, resets, halfCloses, stalls}

// fault is what the host does to the connection that it has at a time.
type fault struct {
	at    time.Duration // since the start
	kind  kind
	lasts time.Duration // a stall only
}

const (
	// faultsPerSecond is how many faults of a connection each link meets.
	faultsPerSecond = 0.6
	minStall        = 300 * time.Millisecond
	maxStall        = time.Second
)

// newPlan deals the faults of a run of that length to the hosts, in turn.
// Each kind is dealt as often as the others, or once more. The last part of the
// run is quiet.
func newPlan(seed uint64, length time.Duration) [][]fault {
	random := rand.New(rand.NewPCG(seed, 1))
	each := max(2, int(length.Seconds()*faultsPerSecond))
	dealt := make([]kind, each*links)
	for i := range dealt {
		dealt[i] = connectionFaults[i%len(connectionFaults)]
	}
	random.Shuffle(len(dealt), func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })

	first, last := length/10, length*8/10
	every := (last - first) / time.Duration(each)
	plan := make([][]fault, links)
	for i, k := range dealt {
		link, turn := i%links, i/links
		f := fault{at: first + time.Duration(turn)*every + time.Duration(random.Int64N(int64(every/2))), kind: k}
		if k == stalls {
			f.lasts = minStall + time.Duration(random.Int64N(int64(maxStall-minStall)))
		}
		plan[link] = append(plan[link], f)
	}
	return plan
}

// treatment is what the host does with one request.
type treatment struct {
	kind     kind // kinds: no fault
	declined bool
	delay    time.Duration // of answersLate, beyond the sender's time-out
}

// deck is the treatment of 100 requests in a row.
const deck = 100

// treat is the treatment of the request with that number: the same for the same
// seed, whatever else happens. Of each 100, two are answered too late, two
// twice, one never, and eight are declined.
func treat(seed, number uint64) treatment {
	random := rand.New(rand.NewPCG(seed, 2+number/deck))
	t := treatment{kind: kinds}
	switch card := random.Perm(deck)[number%deck]; {
	case card < 2:
		t.kind = answersLate
	case card < 4:
		t.kind = answersTwice
	case card < 5:
		t.kind = answersNever
	case card < 13:
		t.declined = true
	}
	// The deck's random is the same for all of its cards: the delay needs its own.
	random = rand.New(rand.NewPCG(seed, ^number))
	t.delay = 20*time.Millisecond + time.Duration(random.IntN(300))*time.Millisecond
	return t
}
