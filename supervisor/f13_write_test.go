package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestF13OneWritePerBatch: what waits is joined into writes of at most 16 KiB;
// header and body are never two writes, and no frame is split over two, unless
// it is longer than that; frames of one caller keep their order.
func TestF13OneWritePerBatch(t *testing.T) {
	const sends, long = 300, 150
	oracle := linktest.NewOracle(nil)
	block := oracle.BlockAt(1, 0)
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec})
	l := startUp(t, host, over(oracle), func(c *supervisor.LinkConfig) { c.WriteTimeout = 2 * patience })
	actor := newClient(t, l)
	actor.send(&messages.Send{Frame: newFrame("0200", 0)})
	awaitDone(t, "a blocked write", block.Reached())
	for stan := 1; stan < sends; stan++ {
		frame := newFrame("0200", stan)
		if stan == long {
			frame = newLongFrame("0200", stan, 2*batchLimit)
		}
		actor.send(&messages.Send{Frame: frame})
	}
	block.Release()
	for _, r := range actor.results.awaitSome(t, sends, "results") {
		require.NoError(t, r.result.Err)
	}

	frames, err := oracle.Frames(binary2)
	require.NoError(t, err)
	require.Len(t, frames, sends)
	begins := make(map[int64]bool)
	for stan, f := range frames {
		assert.Equal(t, stan, stanOf(f.Body))
		begins[f.From] = true
	}
	writes := oracle.Writes()
	assert.Less(t, len(writes), sends/2)
	for _, w := range writes {
		assert.True(t, begins[w.From], "a write begins within a frame")
		if w.Asked > batchLimit {
			assert.Equal(t, 2+2*batchLimit, w.Asked, "the long frame alone")
		}
	}
	for i, entry := range received(rec) {
		assert.Equal(t, idOf(frames[i].Body), entry.ID)
	}
}

// received are the frames that a host read, in order.
func received(rec *linktest.Recorder) []linktest.Entry {
	var some []linktest.Entry
	for _, e := range rec.All() {
		if e.Kind == linktest.Received {
			some = append(some, e)
		}
	}
	return some
}

// TestF13ResponsesInOrder: responses are matched in the order in which they
// arrive, whatever the order of their requests.
func TestF13ResponsesInOrder(t *testing.T) {
	const sends, group = 200, 10
	host := startHost(t, linktest.PeerConfig{Script: func(c *linktest.Conn) {
		for {
			var replies [][]byte
			for range group {
				f, err := c.ReadFrame()
				if err != nil {
					return
				}
				replies = append([][]byte{response(f.Body)}, replies...)
			}
			if c.WriteRaw(stream(replies...)) != nil {
				return
			}
		}
	}})
	l := startUp(t, host)
	actor := newClient(t, l)
	for round := range 2 { // results one by one, and in batches
		for i := range sends {
			actor.send(&messages.Send{Frame: newFrame("0200", i), Tag: i, Batch: round == 1})
		}
		var got, want []int
		for _, r := range actor.results.awaitSome(t, (round+1)*sends, "results")[round*sends:] {
			require.NoError(t, r.result.Err)
			assert.Equal(t, r.result.Tag, stanOf(r.result.Frame))
			got = append(got, r.result.Tag.(int))
		}
		for i := range sends {
			want = append(want, i-i%group+group-1-i%group)
		}
		assert.Equal(t, want, got)
	}
}

// TestF13EachCallerGetsItsOwnBytes: a response is the caller's: to change one
// changes no other.
func TestF13EachCallerGetsItsOwnBytes(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{Coalesce: true})
	l := startUp(t, host)
	var sent []<-chan outcome
	for i := range 100 {
		sent = append(sent, l.background(patient(t), newFrame("0200", i)))
	}
	for _, s := range sent {
		out := awaitDone(t, "a send", s)
		require.NoError(t, out.err)
		assert.Equal(t, out.id, idOf(out.reply))
		clear(out.reply[:cap(out.reply)])
	}
}
