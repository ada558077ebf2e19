package actors

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// loneCorrelator is a correlator without actors around it: what it passes to
// the writer and to the notifier stays in their mailboxes.
func loneCorrelator() *correlator {
	config := LinkConfig{Name: "lone", Logger: slog.New(slog.DiscardHandler)}.withDefaults()
	r := &Record{name: "lone", config: &config, scope: ownScope()}
	r.notifier = newNotifier("lone", "link", &config, nil, nil, &r.counters)
	s := &session{record: r, number: 1, handled: make(chan *batch, batches)}
	s.writer = newMailbox(mailboxOptions{})
	return &correlator{session: s, record: r, scope: r.scope, table: r.scope.table, mailbox: newMailbox(mailboxOptions{})}
}

// registered is a request with STAN 1 that the correlator has taken. Its signal
// has room for one too many.
func registered(t *testing.T, c *correlator, mti messages.MTI) *request {
	q := tableSend(mti, c.record.now()+int64(time.Hour))
	q.record = c.record
	q.done = make(chan struct{}, 2)
	c.register(q)
	require.Nil(t, q.err)
	require.True(t, q.isOpen())
	return q
}

// receives gives the correlator a response to STAN 1.
func (c *correlator) receives(body string) {
	c.takes(inFrame{mti: messages.MTI{'0', '2', '1', '0'}, key: stanKeys[1], body: []byte(body)})
}

// isRejected gives the correlator a reject of STAN 1.
func (c *correlator) isRejected() {
	c.takes(inFrame{mti: mtiRequest, key: stanKeys[1], isReject: true, rejectCode: "0042"})
}

func (c *correlator) takes(f inFrame) {
	c.match(&batch{frames: []inFrame{f}, at: c.record.now()})
	<-c.session.handled
}

// inDoubt is a request that was claimed, and whose time was over.
func (c *correlator) inDoubt(t *testing.T, mti messages.MTI) *request {
	t.Helper()
	q := registered(t, c, mti)
	c.claims(t, q)
	require.True(t, q.fail(wordClaimed, messages.ErrTimeout))
	c.scope.settledElsewhere(q)
	return q
}

func assertAnswered(t *testing.T, q *request, body string) {
	t.Helper()
	assert.Len(t, q.done, 1, "signals")
	assert.NoError(t, q.err)
	assert.Equal(t, body, string(q.reply))
}

func assertFailed(t *testing.T, q *request, outcome error) {
	t.Helper()
	assert.Len(t, q.done, 1, "signals")
	assert.ErrorIs(t, q.err, outcome)
	assert.Nil(t, q.reply)
}

func (c *correlator) claims(t *testing.T, q *request) {
	require.True(t, q.claim(c.session.number, c.record.now()))
}

func TestResponseAnswersOriginalAndRepeat(t *testing.T) {
	c := loneCorrelator()
	original := registered(t, c, mtiRequest)
	c.claims(t, original)
	repeat := registered(t, c, mtiRepeat)
	c.claims(t, repeat)
	c.receives("yes")
	assertAnswered(t, original, "yes")
	assertAnswered(t, repeat, "yes")
	original.reply[0] = 'Y'
	assert.Equal(t, "yes", string(repeat.reply), "each caller owns its reply")
	assert.Zero(t, c.record.open)
}

// TestResponseSparesTheRepeat: what its original's response has answered is not
// written any more.
func TestResponseSparesTheRepeat(t *testing.T) {
	c := loneCorrelator()
	original := registered(t, c, mtiRequest)
	c.claims(t, original)
	repeat := registered(t, c, mtiRepeat)
	c.receives("sure")
	assertAnswered(t, original, "sure")
	assertAnswered(t, repeat, "sure")
	assert.False(t, repeat.claim(1, 0))
}

// TestRepeatOvertakesItsOriginal: on another link of the scope a repeat may be written
// and answered while its original waits behind a peer that does not read. The answer is
// the original's too: nothing leaves the table unsettled.
func TestRepeatOvertakesItsOriginal(t *testing.T) {
	c := loneCorrelator()
	original, repeat := registered(t, c, mtiRequest), registered(t, c, mtiRepeat)
	c.claims(t, repeat)
	c.receives("yes")
	assertAnswered(t, repeat, "yes")
	assertAnswered(t, original, "yes")
	assert.False(t, original.claim(1, 0), "it is not written any more")
	assert.Zero(t, c.record.open)
}

// TestRejectOfARepeatThatHasOvertaken: the original may be written at any moment, and
// the peer then process it.
func TestRejectOfARepeatThatHasOvertaken(t *testing.T) {
	c := loneCorrelator()
	original, repeat := registered(t, c, mtiRequest), registered(t, c, mtiRepeat)
	c.claims(t, repeat)
	c.isRejected()
	assert.True(t, repeat.isOpen())
	assert.True(t, original.isOpen())
	c.claims(t, original)
	c.isRejected()
	assertFailed(t, repeat, messages.ErrRejected)
	assertFailed(t, original, messages.ErrRejected)
}

// TestResponseToNothingWritten: a peer that answers what it cannot have read
// settles nobody, and above all takes nothing out of the table: what is out of
// it has no deadline.
func TestResponseToNothingWritten(t *testing.T) {
	c := loneCorrelator()
	original, repeat := registered(t, c, mtiRequest), registered(t, c, mtiRepeat)
	c.receives("forged")
	assert.EqualValues(t, 1, c.record.counters.unmatched.Load())
	assert.True(t, original.isOpen())
	assert.True(t, repeat.isOpen())

	c.claims(t, original)
	c.end()
	assertFailed(t, original, messages.ErrInDoubt)
	assertFailed(t, repeat, messages.ErrNotSent)
}

// TestResponseAfterTheOriginalWasCancelled: nor does it settle a repeat of what
// was never written.
func TestResponseAfterTheOriginalWasCancelled(t *testing.T) {
	c := loneCorrelator()
	original, repeat := registered(t, c, mtiRequest), registered(t, c, mtiRepeat)
	require.True(t, original.fail(wordQueued, messages.ErrTimeout))
	c.scope.settledElsewhere(original)
	c.receives("forged")
	assert.True(t, repeat.isOpen())
	assert.EqualValues(t, 1, c.record.counters.unmatched.Load())

	c.claims(t, repeat)
	c.receives("yes")
	assertAnswered(t, repeat, "yes")
	assertFailed(t, original, messages.ErrNotSent)
}

// TestResponseAnswersRepeatOfWhatIsInDoubt: the late reply is the repeat's.
func TestResponseAnswersRepeatOfWhatIsInDoubt(t *testing.T) {
	c := loneCorrelator()
	original := c.inDoubt(t, mtiRequest)
	repeat := registered(t, c, mtiRepeat)
	c.receives("yes")
	assertAnswered(t, repeat, "yes")
	assertFailed(t, original, messages.ErrInDoubt)
	assert.Zero(t, c.record.counters.late.Load())
	assert.Zero(t, c.table.lates)

	c.receives("again")
	assert.EqualValues(t, 1, c.record.counters.unmatched.Load(), "nobody waits any more")
}

// TestResponseAfterTheRepeatWasCancelled: the late reply is the original's again.
func TestResponseAfterTheRepeatWasCancelled(t *testing.T) {
	c := loneCorrelator()
	original := c.inDoubt(t, mtiRequest)
	repeat := registered(t, c, mtiRepeat)
	require.True(t, repeat.fail(wordQueued, messages.ErrTimeout)) // the correlator has not heard of it
	c.receives("late")
	assertFailed(t, repeat, messages.ErrNotSent)
	assert.EqualValues(t, 1, c.record.counters.late.Load())

	told := c.record.notifier.mailbox.user
	require.Len(t, told, 1)
	late, ok := told[0].(*messages.LateReply)
	require.True(t, ok)
	assert.Equal(t, "late", string(late.Response))
	assert.Equal(t, c.record.time(original.claimedAt), late.SentAt)
	assert.Nil(t, c.table.find(stanKeys[1]))
}

// TestRejectOfOriginalOrRepeat: the peer may have processed the other one. Both are
// rejected when there is a reject for each.
func TestRejectOfOriginalOrRepeat(t *testing.T) {
	c := loneCorrelator()
	original := registered(t, c, mtiRequest)
	c.claims(t, original)
	repeat := registered(t, c, mtiRepeat)
	c.claims(t, repeat)
	c.isRejected()
	assert.True(t, original.isOpen())
	assert.True(t, repeat.isOpen())
	assert.EqualValues(t, 1, c.record.counters.unmatched.Load())
	told, ok := c.record.notifier.mailbox.user[0].(*messages.Unmatched)
	require.True(t, ok)
	assert.Equal(t, "0042", told.RejectCode)

	c.isRejected()
	assertFailed(t, original, messages.ErrRejected)
	assertFailed(t, repeat, messages.ErrRejected)
	assert.Zero(t, c.record.open)
}

// TestAnswerBehindAReject: the reject was the other's.
func TestAnswerBehindAReject(t *testing.T) {
	c := loneCorrelator()
	c.inDoubt(t, mtiRequest)
	repeat := registered(t, c, mtiRepeat)
	c.claims(t, repeat)
	c.isRejected()
	c.receives("yes")
	assertAnswered(t, repeat, "yes")
}

// TestRejectSparesTheRepeat: of two, one was written, and that is rejected.
func TestRejectSparesTheRepeat(t *testing.T) {
	c := loneCorrelator()
	c.inDoubt(t, mtiRequest)
	repeat := registered(t, c, mtiRepeat)
	repeat.session = 7 // the writer is about to claim it, and comes too late
	c.isRejected()
	assertFailed(t, repeat, messages.ErrRejected)
	assert.False(t, repeat.claim(1, 0))
	var failed *messages.SendError
	require.ErrorAs(t, repeat.err, &failed)
	assert.Zero(t, failed.Session, "it was written in none")
}

// TestRejectsOfWhatIsInDoubt: a late reject says no more than another, however many
// messages of the key are in doubt.
func TestRejectsOfWhatIsInDoubt(t *testing.T) {
	for _, written := range []int{1, 2, 3, 5} {
		c := loneCorrelator()
		c.inDoubt(t, mtiRequest)
		for range written - 1 {
			c.inDoubt(t, mtiRepeat)
		}
		for range written - 1 {
			c.isRejected()
			assert.Zero(t, c.record.counters.late.Load(), "%d", written)
		}
		c.isRejected()
		assert.EqualValues(t, 1, c.record.counters.late.Load(), "%d", written)
		assert.EqualValues(t, written-1, c.record.counters.unmatched.Load())
		assert.Nil(t, c.table.find(stanKeys[1]))
	}
}

// TestRejectThatWasCountedAlready: a repeat takes over the rejects of what it repeats,
// and gives back those that cannot have been its own.
func TestRejectThatWasCountedAlready(t *testing.T) {
	c := loneCorrelator()
	c.inDoubt(t, mtiRequest)
	c.inDoubt(t, mtiRepeat)
	c.isRejected() // of one of the two
	repeat := registered(t, c, mtiRepeat)
	require.True(t, repeat.fail(wordQueued, messages.ErrTimeout))
	c.scope.settledElsewhere(repeat)
	c.isRejected()
	assert.EqualValues(t, 1, c.record.counters.late.Load(), "both of them are rejected")
}

// TestRejectsAfterTheLateWindow: what leaves it takes with it a reject that may have
// been its own.
func TestRejectsAfterTheLateWindow(t *testing.T) {
	c := loneCorrelator()
	original := registered(t, c, mtiRequest)
	c.claims(t, original)
	repeat := c.inDoubt(t, mtiRepeat)
	c.isRejected()
	c.table.leaveLate(repeat.lateUntil)
	require.Same(t, original, c.table.find(stanKeys[1]))
	assert.True(t, original.isOpen(), "it may have been the repeat's")
	c.isRejected()
	assertFailed(t, original, messages.ErrRejected)
}

// TestRejectsBeyondCounting: none is sure.
func TestRejectsBeyondCounting(t *testing.T) {
	c := loneCorrelator()
	c.inDoubt(t, mtiRequest)
	for range 400 {
		c.inDoubt(t, mtiRepeat)
	}
	for range 500 {
		c.isRejected()
	}
	assert.Zero(t, c.record.counters.late.Load())
	assert.EqualValues(t, 500, c.record.counters.unmatched.Load())
}
