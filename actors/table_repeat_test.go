package actors

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// tableSend is a request with STAN 1, which waits until its deadline.
func tableSend(mti messages.MTI, deadline int64) *request {
	return &request{record: tableLink(), kind: kindSend, mti: mti, key: stanKeys[1], deadline: deadline}
}

// tableLink is as much of a link as a table needs.
func tableLink() *Record { return &Record{scope: ownScope()} }

// openIn counts the requests that wait, of links of their own.
func openIn(requests ...*request) (n int) {
	for _, r := range requests {
		n += r.record.open
	}
	return n
}

// fullTable adds requests that must all be taken.
func fullTable(t *testing.T, requests ...*request) *table {
	tb := newTable()
	for _, r := range requests {
		require.NoError(t, tb.add(r))
	}
	return tb
}

func TestKeyIsTaken(t *testing.T) {
	first := tableSend(mtiRequest, 10)
	tb := fullTable(t, first)
	refuses := func(why string) {
		assert.ErrorIs(t, tb.add(tableSend(mtiRequest, 20)), messages.ErrDuplicateKey, why)
		assert.Same(t, first, tb.find(first.key), why)
	}
	refuses("in flight")
	tb.inDoubt(first, 100)
	refuses("in doubt")
	tb.leaveLate(99)
	refuses("within the late window")
	tb.leaveLate(100)
	assert.Nil(t, tb.find(first.key))
	assert.NoError(t, tb.add(tableSend(mtiRequest, 20)), "the window has ended")
}

func TestKeyIsFree(t *testing.T) {
	for name, settle := range map[string]func(*table, *request){
		"answered": func(tb *table, r *request) { assert.Nil(t, tb.answered(r)) },
		"not sent": func(tb *table, r *request) { tb.notSent(r) },
		"answered late": func(tb *table, r *request) {
			tb.inDoubt(r, 100)
			assert.Nil(t, tb.answered(r))
			assert.Zero(t, tb.lates)
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := tableSend(mtiRequest, 10)
			tb := fullTable(t, first)
			settle(tb, first)
			_, waits := tb.nextEvent()
			assert.False(t, waits)
			assert.NoError(t, tb.add(tableSend(mtiRequest, 20)))
		})
	}
}

func TestRepeatAdoptsWhatWaits(t *testing.T) {
	original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
	tb := fullTable(t, original, repeat)
	assert.Same(t, repeat, tb.find(repeat.key))
	assert.Equal(t, 2, openIn(original, repeat), "both callers wait")
	assert.Same(t, original, tb.expired(10), "each by its own deadline")

	assert.Same(t, original, tb.answered(repeat), "one response answers both")
	assert.Nil(t, tb.answered(original))
	assert.Zero(t, openIn(original, repeat))
	assert.Nil(t, tb.find(repeat.key))
}

func TestRepeatAdoptsWhatIsInDoubt(t *testing.T) {
	original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
	tb := fullTable(t, original)
	tb.inDoubt(original, 100)
	require.NoError(t, tb.add(repeat))
	assert.Same(t, repeat, tb.find(repeat.key))
	assert.Zero(t, tb.lates)
	assert.Nil(t, tb.answered(repeat), "its caller was told already")
	assert.Nil(t, tb.find(repeat.key))
}

func TestRepeatOfNothingIsARequest(t *testing.T) {
	repeat := tableSend(mtiRepeat, 10)
	tb := fullTable(t, repeat)
	assert.ErrorIs(t, tb.add(tableSend(mtiRequest, 20)), messages.ErrDuplicateKey)
	assert.NoError(t, tb.add(tableSend(mtiRepeat, 20)), "it may be repeated itself")
}

func TestSecondRepeat(t *testing.T) {
	original, repeat := tableSend(mtiRequest, 90), tableSend(mtiRepeat, 20)
	tb := fullTable(t, original, repeat)
	assert.ErrorIs(t, tb.add(tableSend(mtiRepeat, 30)), messages.ErrDuplicateKey, "the first one still waits")

	tb.inDoubt(repeat, 100)
	second := tableSend(mtiRepeat, 40)
	require.NoError(t, tb.add(second))
	assert.Same(t, second, tb.find(second.key))
	assert.Same(t, original, tb.answered(second), "the original still waits, behind two repeats")
}

// TestThirdRepeat: an original that waits longer than two of its repeats is
// neither lost to their response, nor does its key become free under it.
func TestThirdRepeat(t *testing.T) {
	repeated := func(t *testing.T) (tb *table, original, third *request) {
		original = tableSend(mtiRequest, 90)
		tb = fullTable(t, original)
		for range 2 {
			repeat := tableSend(mtiRepeat, 20)
			require.NoError(t, tb.add(repeat))
			tb.inDoubt(repeat, 50)
		}
		third = tableSend(mtiRepeat, 60)
		require.NoError(t, tb.add(third))
		return tb, original, third
	}
	t.Run("answered", func(t *testing.T) {
		tb, original, third := repeated(t)
		assert.Same(t, original, tb.answered(third))
	})
	t.Run("not sent", func(t *testing.T) {
		tb, original, third := repeated(t)
		tb.notSent(third)
		tb.leaveLate(50)
		assert.Same(t, original, tb.find(original.key), "in flight")
	})
}

func TestRepeatNotSent(t *testing.T) {
	t.Run("the original waits", func(t *testing.T) {
		original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
		tb := fullTable(t, original, repeat)
		tb.notSent(repeat)
		assert.Same(t, original, tb.find(original.key))
		assert.ErrorIs(t, tb.add(tableSend(mtiRequest, 20)), messages.ErrDuplicateKey)
	})
	t.Run("the original is in doubt", func(t *testing.T) {
		original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
		tb := fullTable(t, original)
		tb.inDoubt(original, 100)
		require.NoError(t, tb.add(repeat))
		tb.notSent(repeat)
		assert.Same(t, original, tb.find(original.key), "a late reply is its own again")
		assert.Equal(t, 1, tb.lates)
		tb.leaveLate(100)
		assert.Nil(t, tb.find(original.key))
	})
	t.Run("the original was not sent either", func(t *testing.T) {
		original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
		tb := fullTable(t, original, repeat)
		tb.notSent(original)
		assert.Same(t, repeat, tb.find(original.key))
		tb.notSent(repeat)
		assert.Nil(t, tb.find(original.key))
		assert.Zero(t, openIn(original, repeat))
	})
}

// TestOriginalInDoubtBehindItsRepeat: the key stays reserved until the later of
// the two windows has ended.
func TestOriginalInDoubtBehindItsRepeat(t *testing.T) {
	t.Run("the repeat is not sent", func(t *testing.T) {
		original, repeat := tableSend(mtiRequest, 10), tableSend(mtiRepeat, 20)
		tb := fullTable(t, original, repeat)
		tb.inDoubt(original, 100)
		assert.Same(t, repeat, tb.find(original.key))
		tb.notSent(repeat)
		assert.Same(t, original, tb.find(original.key))
	})
	t.Run("the repeat leaves first", func(t *testing.T) {
		original, repeat := tableSend(mtiRequest, 90), tableSend(mtiRepeat, 20)
		tb := fullTable(t, original, repeat)
		tb.inDoubt(repeat, 50)
		tb.inDoubt(original, 100)
		tb.leaveLate(50)
		assert.Same(t, original, tb.find(original.key))
		at, ok := tb.nextEvent()
		assert.True(t, ok)
		assert.EqualValues(t, 100, at)
		tb.leaveLate(100)
		assert.Nil(t, tb.find(original.key))
	})
	t.Run("the repeat has a repeat, which is not sent", func(t *testing.T) {
		original, repeat, second := tableSend(mtiRequest, 90), tableSend(mtiRepeat, 20), tableSend(mtiRepeat, 95)
		tb := fullTable(t, original, repeat)
		tb.inDoubt(repeat, 50)
		tb.inDoubt(original, 100)
		require.NoError(t, tb.add(second))
		tb.notSent(second)
		tb.leaveLate(99)
		assert.ErrorIs(t, tb.add(tableSend(mtiRequest, 150)), messages.ErrDuplicateKey)
		tb.leaveLate(100)
		assert.NoError(t, tb.add(tableSend(mtiRequest, 150)))
	})
}

// TestRepeatDigit: the last digit of the MTI alone declares a repeat.
func TestRepeatDigit(t *testing.T) {
	for mti, repeats := range map[string]bool{
		"0201": true, "0203": true, "0205": true, "0200": false, "0202": false, "0204": false,
	} {
		tb := fullTable(t, tableSend(mtiRequest, 10))
		err := tb.add(tableSend(messages.MTI([]byte(mti)), 20))
		if repeats {
			assert.NoError(t, err, mti)
		} else {
			assert.ErrorIs(t, err, messages.ErrDuplicateKey, mti)
		}
	}
}

func TestTableKinds(t *testing.T) {
	post := &request{record: tableLink(), kind: kindPost, deadline: 10}
	echo := &request{record: tableLink(), kind: kindNetwork, key: stanKeys[2], deadline: 20}
	send := tableSend(mtiRequest, 30)
	tb := fullTable(t, post, echo, send)
	assert.Equal(t, 2, openIn(post, echo, send), "a drain does not wait for the link's own echo")
	assert.NoError(t, tb.add(&request{record: tableLink(), kind: kindPost, deadline: 10}), "posts have no key to share")

	tb.inDoubt(post, 100)
	assert.Zero(t, tb.lates, "no late reply to a post")
	assert.Equal(t, inNone, post.where)
	tb.inDoubt(echo, 100)
	assert.Equal(t, 1, tb.lates)
	tb.leaveLate(100)
	assert.Nil(t, tb.find(echo.key))
	assert.Same(t, send, tb.find(send.key))
}

// TestTableDeadlines: what the two queues hold is one order to the outside.
func TestTableDeadlines(t *testing.T) {
	tb, link := newTable(), tableLink()
	for i, deadline := range []int64{50, 20, 40, 10, 30, 30} {
		r := &request{record: link, kind: kindSend, key: stanKeys[i], deadline: deadline, common: i%2 == 0}
		require.NoError(t, tb.add(r))
	}
	assert.Nil(t, tb.expired(9))
	var order []int64
	for len(tb.openOf(link)) > 0 {
		at, ok := tb.nextEvent()
		require.True(t, ok)
		r := tb.expired(at)
		require.NotNil(t, r, "nextEvent rings for nothing")
		order = append(order, r.deadline)
		tb.notSent(r)
	}
	assert.Equal(t, []int64{10, 20, 30, 30, 40, 50}, order)
	_, ok := tb.nextEvent()
	assert.False(t, ok)
	assert.Nil(t, tb.expired(1_000))
}
