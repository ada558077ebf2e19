package actors

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

func TestLogLimit(t *testing.T) {
	var l logLimit
	begin := time.Now()
	flood, other := logKind{"Unmatched", ""}, logKind{"StateChanged", "up"}
	assert.Equal(t, "Unmatched", flood.String())
	assert.Equal(t, "StateChanged (up)", other.String())
	for i := range 25 {
		assert.Equal(t, i < logLines, l.add(flood, slog.LevelWarn, begin))
	}
	assert.True(t, l.add(other, slog.LevelInfo, begin.Add(time.Second)), "a kind has nothing to do with the others")
	at, ok := l.next()
	require.True(t, ok)
	assert.Equal(t, begin.Add(logWindow), at)
	assert.Empty(t, l.over(at.Add(-1)))
	left := l.over(at)
	require.Len(t, left, 1)
	assert.Equal(t, flood, left[0].logKind)
	assert.Equal(t, slog.LevelWarn, left[0].level)
	assert.EqualValues(t, 25-logLines, left[0].left)
	_, ok = l.next()
	assert.False(t, ok)
	assert.True(t, l.add(flood, slog.LevelWarn, at), "another minute")
	assert.Len(t, l.kinds, 2)
	assert.Empty(t, l.over(at.Add(time.Hour)), "of none was a line left out")
	assert.Empty(t, l.kinds)
}

// noted is a log that keeps its lines.
type noted struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (n *noted) Handle(_ context.Context, r slog.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, r.Level.String()+" "+r.Message)
	return nil
}

func (n *noted) WithAttrs([]slog.Attr) slog.Handler { return n }

func (n *noted) Enabled(context.Context, slog.Level) bool { return true }

func (n *noted) written() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.lines)
}

// leftOut are the lines that tell of others, and how many these were.
func (n *noted) leftOut(t *testing.T) (lines []string, total int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range n.lines {
		if before, _, ok := strings.Cut(line, " more lines within a minute were left out"); ok {
			var count int
			_, err := fmt.Sscan(before[strings.LastIndex(before, " ")+1:], &count)
			require.NoError(t, err)
			lines, total = append(lines, line), total+count
		}
	}
	return lines, total
}

// TestNotifierFloods: of each kind of event the log gets ten lines a minute, and one
// that counts the others, when the minute is over or the notifier ends; hooks get all.
func TestNotifierFloods(t *testing.T) {
	const flood = 500
	synctest.Test(t, func(t *testing.T) {
		log := new(noted)
		var heard atomic.Int64
		config := LinkConfig{MaxEvents: 10 * flood, Logger: slog.New(log), OnEvent: func(messages.Event) { heard.Add(1) }}
		config.OnLate = func(*messages.LateReply) { panic("late") } // logged, too
		var workers Workers
		var c counters
		system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
		n := newNotifier("host", "link", &config, system, &workers, &c)
		require.NoError(t, n.spawn("notifier"))
		all := []messages.Event{
			&messages.Unmatched{}, &messages.LateReply{}, &messages.EchoFailed{},
			&messages.StateChanged{To: messages.Connecting}, &messages.StateChanged{To: messages.Waiting},
			&messages.Panicked{Where: "Handler"}, &messages.Panicked{Where: "OnError"},
			&messages.Refused{Cause: messages.ErrDenied}, &messages.Refused{Cause: messages.ErrUnknownPeer},
		}
		const kinds = 9 + 1 // and the panics of OnLate
		tell := func() {
			for range flood {
				for _, e := range all {
					n.event(e)
				}
			}
			synctest.Wait()
		}
		tell()
		assert.Equal(t, kinds*logLines, log.written())
		time.Sleep(logWindow)
		synctest.Wait()
		lines, total := log.leftOut(t)
		assert.Len(t, lines, kinds)
		assert.Equal(t, kinds*(flood-logLines), total)
		assert.Contains(t, lines, "WARN Refused ("+messages.ErrDenied.Error()+"): 490 more lines within a minute were left out")
		assert.Contains(t, lines, "INFO StateChanged (connecting): 490 more lines within a minute were left out")
		assert.EqualValues(t, total, c.unlogged.Load())
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, kinds*(logLines+1), log.written(), "and then no more")

		tell()
		n.stop()
		require.NoError(t, workers.Close(t.Context()))
		synctest.Wait()
		lines, total = log.leftOut(t)
		assert.Len(t, lines, 2*kinds)
		assert.EqualValues(t, total, c.unlogged.Load())
		assert.EqualValues(t, 2*flood*len(all), heard.Load())
		system.Shutdown()
	})
}
