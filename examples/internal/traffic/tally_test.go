package traffic

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/messages"
)

func filled(t *testing.T) *Tally {
	t.Helper()
	tally := NewTally(2)
	for i := range 100 {
		tally.Sent(0)
		tally.Settled(Result{Reply: reply(t, "00"), Took: time.Duration(100-i) * time.Millisecond})
	}
	for range 3 {
		tally.Sent(1)
	}
	tally.Settled(Result{Link: 1, Reply: reply(t, "51"), Took: time.Second})
	tally.Settled(Result{Link: 1, Err: sendError(messages.ErrInDoubt, messages.ErrTimeout), Took: 2 * time.Second})
	return tally
}

func TestTallyCountsByLinkAndInAll(t *testing.T) {
	tally := filled(t)
	first, second, total := tally.Link(0), tally.Link(1), tally.Total()
	assert.EqualValues(t, 100, first.Answered())
	assert.EqualValues(t, 100, first.Settled())
	assert.Empty(t, first.Causes)
	assert.EqualValues(t, 3, second.Sent)
	assert.EqualValues(t, 2, second.Settled(), "one is under way")
	assert.EqualValues(t, 1, second.Answered())
	assert.Equal(t, map[string]uint64{"in doubt: deadline passed": 1}, second.Causes)
	assert.EqualValues(t, 103, total.Sent)
	assert.EqualValues(t, 101, total.Answered())
	assert.EqualValues(t, 1, total.Outcomes[Declined])
	assert.EqualValues(t, 1, total.Outcomes[InDoubt])
	assert.Equal(t, 2*time.Second, total.Longest[InDoubt])
	assert.Equal(t, second.Causes, total.Causes)
}

func TestQuantile(t *testing.T) {
	tally := filled(t)
	first, total := tally.Link(0), tally.Total()
	assert.Equal(t, time.Millisecond, first.Quantile(0))
	assert.Equal(t, 51*time.Millisecond, first.Quantile(0.5))
	assert.Equal(t, 100*time.Millisecond, first.Quantile(0.99))
	assert.Equal(t, 100*time.Millisecond, first.Quantile(1))
	assert.Equal(t, time.Second, total.Quantile(1), "what was not answered has no part in it")
	var none Counts
	assert.Zero(t, none.Quantile(0.5))
}

func TestACopyIsACopy(t *testing.T) {
	tally := filled(t)
	counts := tally.Link(1)
	counts.Causes["in doubt: deadline passed"]++
	counts = tally.Link(1)
	assert.EqualValues(t, 1, counts.Causes["in doubt: deadline passed"])
}
