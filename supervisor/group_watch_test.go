package supervisor_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// TestGroupAwait: it waits for MinUp links, not for all; it fails by its context,
// and when the manager closes.
func TestGroupAwait(t *testing.T) {
	r := startRig(t, 3, func(c *rigConfig) {
		c.hosts[1].Admission, c.hosts[2].Admission = linktest.Refuse, linktest.Refuse
	}, func(c *rigConfig) { c.group.MinUp = 2 })
	require.NoError(t, r.manager.Link("a").Await(patient(t), messages.Up))
	assert.ErrorIs(t, r.Await(within(t, short), messages.Up), context.DeadlineExceeded)
	r.works(1)

	awaited := make(chan error, 1)
	go func() { awaited <- r.Await(patient(t), messages.Up) }()
	require.NoError(t, r.hosts[1].SetAdmission(linktest.Admit))
	require.NoError(t, awaitDone(t, "two links", awaited))
	assert.False(t, r.Status().Degraded)

	go func() { awaited <- r.Await(patient(t), messages.Paused) }()
	require.NoError(t, r.manager.Link("a").Pause(patient(t)))
	require.NoError(t, r.manager.Link("c").Pause(patient(t)))
	require.NoError(t, awaitDone(t, "two paused links", awaited))

	go func() { awaited <- r.Await(patient(t), messages.Up) }()
	require.NoError(t, r.manager.Close(patient(t)))
	assert.ErrorIs(t, awaitDone(t, "the end", awaited), messages.ErrClosed)
	assert.ErrorIs(t, r.Await(patient(t), messages.Up), messages.ErrClosed)
	assert.NoError(t, r.Await(patient(t), messages.Closed))
}

// statusIs waits for a status with these counts.
func statusIs(t *testing.T, j *journal[supervisor.GroupStatus], up, suspect int, degraded bool) {
	t.Helper()
	j.await(t, "a status", func(all []supervisor.GroupStatus) bool {
		if len(all) == 0 {
			return false
		}
		last := all[len(all)-1]
		return last.Up == up && last.Suspect == suspect && last.Degraded == degraded
	})
}

// TestGroupOnChange: it is told when the group is degraded and restored, and when
// links are suspect, come or go; and so is the log.
func TestGroupOnChange(t *testing.T) {
	var told journal[supervisor.GroupStatus]
	var log lockedBuffer
	r := startUpRig(t, 3, func(c *rigConfig) { c.hosts[0].Handle = linktest.Steps(linktest.Drop()) }, func(c *rigConfig) {
		c.group.MinUp, c.group.OnChange = 2, told.add
		c.group.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.group.Strategy = supervisor.PrimaryBackup()
		c.group.Suspect = supervisor.SuspectConfig{After: 1, For: 1}
	})
	statusIs(t, &told, 3, 0, false)
	require.NoError(t, r.manager.Link("c").Pause(patient(t)))
	statusIs(t, &told, 2, 0, false)
	r.doubt(0, 1)
	statusIs(t, &told, 2, 1, false)
	r.works(2) // the trial
	statusIs(t, &told, 2, 0, false)
	require.NoError(t, r.manager.Link("b").Pause(patient(t)))
	statusIs(t, &told, 1, 0, true)
	require.NoError(t, r.manager.Link("b").Resume())
	statusIs(t, &told, 2, 0, false)
	require.NoError(t, r.Remove("b"))
	statusIs(t, &told, 1, 0, true)
	require.NoError(t, r.Add("b"))
	statusIs(t, &told, 2, 0, false)

	last := told.list()[len(told.list())-1]
	var names []string
	for _, l := range last.Links {
		names = append(names, l.Name)
	}
	assert.Equal(t, []string{"a", "c", "b"}, names)
	assert.Equal(t, "all", last.Name)
	assert.Equal(t, 2, last.MinUp)
	n := len(told.list())
	require.NoError(t, r.manager.Close(patient(t)))
	assert.Len(t, told.list(), n, "closing is no news")
	assert.Contains(t, log.String(), `level=WARN msg="group all: 1 of 3 links up, 0 suspect: degraded, MinUp is 2" group=all`)
	assert.Contains(t, log.String(), `level=INFO msg="group all: 3 of 3 links up, 0 suspect" group=all`)
	assert.Contains(t, log.String(), `level=WARN msg="group all: 2 of 3 links up, 1 suspect" group=all`)
}

// TestGroupOnChangeThatBlocks: the group goes on meanwhile; then the latest status
// is told, once. Manager.Close says that it has not returned.
func TestGroupOnChangeThatBlocks(t *testing.T) {
	var told journal[supervisor.GroupStatus]
	release := make(chan struct{})
	r := startUpRig(t, 2, nil, func(c *rigConfig) {
		c.group.OnChange = func(s supervisor.GroupStatus) {
			told.add(s)
			<-release
		}
	})
	told.awaitSome(t, 1, "a status")
	for i := range 20 {
		require.NoError(t, r.manager.Link("b").Pause(patient(t)))
		r.works(i)
		require.NoError(t, r.manager.Link("b").Resume())
		require.NoError(t, r.Await(patient(t), messages.Up))
	}
	require.NoError(t, r.Remove("b"))
	assert.Len(t, told.list(), 1)
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("no patience")
	cancel(why)
	assert.ErrorIs(t, r.manager.Close(ctx), why)
	close(release)
	// What was the latest when the manager closed is told by whoever blocked.
	told.awaitSome(t, 2, "the latest status")
	assert.LessOrEqual(t, len(told.list()), 2)
}

// TestGroupOnChangeThatPanics: so, or by ending its goroutine, it costs nothing but a
// count and a line.
func TestGroupOnChangeThatPanics(t *testing.T) {
	var log lockedBuffer
	var told journal[supervisor.GroupStatus]
	r := startUpRig(t, 2, nil, func(c *rigConfig) {
		c.group.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.group.OnChange = func(s supervisor.GroupStatus) {
			defer told.add(s)
			if s.Degraded {
				panic("4111111111111111")
			}
			goexit()
		}
	})
	statusIs(t, &told, 2, 0, false)
	require.NoError(t, r.manager.Link("b").Pause(patient(t)))
	statusIs(t, &told, 1, 0, true)
	require.NoError(t, r.manager.Link("b").Resume())
	statusIs(t, &told, 2, 0, false)
	require.NoError(t, r.manager.Close(patient(t)))
	assert.NotZero(t, r.Status().Panics)
	assert.Contains(t, log.String(), "OnChange panicked: string")
	assert.NotContains(t, log.String(), "4111111111111111")
}

// TestGroupLoggerThatPanics: nor does a logger's.
func TestGroupLoggerThatPanics(t *testing.T) {
	var told journal[supervisor.GroupStatus]
	r := startUpRig(t, 1, nil, func(c *rigConfig) {
		c.group.Logger, c.group.OnChange = slog.New(panicking{}), told.add
	})
	statusIs(t, &told, 1, 0, false)
	assert.NotZero(t, r.Status().Panics)
	r.works(1)
}

type panicking struct{}

func (panicking) Enabled(context.Context, slog.Level) bool  { return true }
func (panicking) Handle(context.Context, slog.Record) error { panic("no") }
func (p panicking) WithAttrs([]slog.Attr) slog.Handler      { return p }
func (p panicking) WithGroup(string) slog.Handler           { return p }

// TestGroupCloseUnderLoad: every send has its outcome while the manager closes, and
// what comes afterwards is refused.
func TestGroupCloseUnderLoad(t *testing.T) {
	r := startUpRig(t, 2, nil, nil)
	load := loadOn(r)
	require.NoError(t, r.logs[0].WaitTotal(patient(t), 500))
	require.NoError(t, r.manager.Close(patient(t)))
	_, err := r.Exchange(context.Background(), newFrame("0200", 1))
	assert.ErrorIs(t, err, messages.ErrNotSent)
	assert.ErrorIs(t, err, messages.ErrClosed)
	load.end()
	assert.Zero(t, load.tally.inDoubt.Load(), "it drains")
	assert.Eventually(t, func() bool { return len(r.hosts[0].Conns()) == 0 }, patience, time.Millisecond)
}
