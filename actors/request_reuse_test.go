package actors

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// isUnused reports whether nothing of an earlier exchange is left in q.
func isUnused(q *request) bool {
	return q.record == nil && q.frame == nil && q.reply == nil && q.more == nil && q.key == messages.Key{} &&
		q.holds.Load() == 0 && q.word.Load() == wordQueued && (q.parts == nil || reflect.ValueOf(*q.parts).IsZero())
}

// TestAnsweredRequestIsUsedAgain when both have let go of it, the caller and the
// writer, in whatever order: the writer may still have it when the answer is here.
func TestAnsweredRequestIsUsedAgain(t *testing.T) {
	for name, handedOverFirst := range map[string]bool{"written, then answered": true, "answered, then written": false} {
		t.Run(name, func(t *testing.T) {
			var q *request
			door := doorTo(t, func(_ *Record, got *request) {
				q = got
				require.True(t, q.claim(1, 1))
				if handedOverFirst {
					q.letGo()
				}
				require.True(t, q.take(wordClaimed))
				q.answered([]byte("head"), []byte("yes"))
			})
			header, reply, err := door.ExchangeWith(t.Context(), []byte("h"), requestFrame(t))
			require.NoError(t, err)
			assert.Equal(t, "head", string(header))
			assert.Equal(t, "yes", string(reply))
			if !handedOverFirst {
				assert.False(t, isUnused(q), "the writer has it")
				q.letGo()
			}
			assert.True(t, isUnused(q))
			assert.NotNil(t, q.done)
			assert.Empty(t, q.done)
		})
	}
}

// TestOtherRequestsAreNotUsedAgain: the table, or the writer's queue, may refer to
// them for long.
func TestOtherRequestsAreNotUsedAgain(t *testing.T) {
	for name, settle := range map[string]func(*testing.T, *request){
		"not sent": func(t *testing.T, q *request) { require.True(t, q.fail(wordQueued, messages.ErrLinkDown)) },
		"in doubt": func(t *testing.T, q *request) {
			require.True(t, q.claim(1, 1))
			q.letGo()
			q.failAny(messages.ErrTimeout)
		},
		"rejected": func(t *testing.T, q *request) {
			require.True(t, q.claim(1, 1))
			q.letGo()
			require.True(t, q.take(wordClaimed))
			q.rejected("0105")
		},
		"a repeat that was answered before it was written": func(t *testing.T, q *request) {
			require.True(t, q.take(wordQueued))
			q.answered(nil, []byte("yes"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var q *request
			door := doorTo(t, func(_ *Record, got *request) {
				q = got
				settle(t, q)
			})
			_, _ = door.Exchange(context.Background(), requestFrame(t))
			assert.False(t, isUnused(q))
			assert.Positive(t, q.holds.Load())
		})
	}
}

// TestPostIsUsedAgain when its caller and the correlator, whose table it is in, have
// let go of it.
func TestPostIsUsedAgain(t *testing.T) {
	var q *request
	door := doorTo(t, func(_ *Record, got *request) {
		q = got
		require.True(t, q.claim(1, 1))
		require.True(t, q.posted())
	})
	require.NoError(t, door.PostFrame(t.Context(), requestFrame(t)))
	assert.False(t, isUnused(q), "the table has it")
	c := &correlator{record: door.record, scope: door.record.scope, table: door.record.scope.table}
	c.handle(wrotePosts{[]*request{q}})
	assert.True(t, isUnused(q))
}

// TestCommandIsUsedAgain when its result was delivered: the courier holds its slot
// until then.
func TestCommandIsUsedAgain(t *testing.T) {
	door := doorTo(t, nil)
	q := door.commandRequest(kindSend, nil, requestFrame(t), command{tag: "tag"})
	q.command().admitted = q
	require.True(t, q.claim(1, 1))
	q.letGo()
	require.True(t, q.take(wordClaimed))
	c := q.command()
	q.reply = []byte("yes")
	assert.False(t, isUnused(q), "nothing was delivered yet")
	c.release()
	assert.True(t, isUnused(q))
	assert.EqualValues(t, -1, door.record.admitted.Load(), "its slot is free")
}
