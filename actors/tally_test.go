package actors

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

func typeOf(text string) messages.MTI { return messages.MTI([]byte(text)) }

// TestTallies by type, in the order in which they came; beyond sixteen they are not
// told apart, and nothing is lost.
func TestTallies(t *testing.T) {
	var book tallyBook
	assert.Empty(t, book.snapshot())

	r := &Record{}
	r.tally(typeOf("0200"), tallyAnswered)
	r.tally(typeOf("0200"), tallyInDoubt)
	r.tally(typeOf("0420"), tallyNotSent)
	r.tally(typeOf("0800"), tallyRequests)
	r.tally(typeOf("0420"), tallyRejected)
	r.tally(typeOf("0620"), tallyPosted)
	assert.Equal(t, []Tally{
		{MTI: typeOf("0200"), Answered: 1, InDoubt: 1},
		{MTI: typeOf("0420"), NotSent: 1, Rejected: 1},
		{MTI: typeOf("0800"), Requests: 1},
		{MTI: typeOf("0620"), Posted: 1},
	}, r.tallies.snapshot())

	for i := range 50 {
		r.tally(typeOf(fmt.Sprintf("1%03d", i)), tallyRequests)
	}
	r.tally(messages.MTI{}, tallyNotSent) // it could not be read
	all := r.tallies.snapshot()
	assert.Len(t, all, 17)
	assert.Equal(t, Tally{Requests: 38, NotSent: 1}, all[16])
}

// TestTalliesAtOnce: who comes first with a type makes its place, for all.
func TestTalliesAtOnce(t *testing.T) {
	r := &Record{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 1_000 {
				r.tally(typeOf(fmt.Sprintf("02%02d", i%10)), tallyAnswered)
			}
		})
	}
	wait.Wait()
	all := r.tallies.snapshot()
	assert.Len(t, all, 10)
	for _, tally := range all {
		assert.EqualValues(t, 800, tally.Answered, tally.MTI)
	}
}
