package linktest_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/supervisor/linktest"
)

func TestStepsGoOnAcrossConnectionsAndThenReply(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.Steps(
		linktest.Reply(),
		linktest.Drop(),
		linktest.Echo(),
		linktest.CloseConn(),
		linktest.All(linktest.Reply(), linktest.Reply(), linktest.CloseConn()),
	)})
	c := dial(t, p)
	c.send("0200-1", "0200-2", "0200-3", "0200-4")
	assert.Equal(t, "0210-1", c.receive())
	assert.Equal(t, "0200-3", c.receive())
	_, err := c.read()
	require.ErrorIs(t, err, io.EOF)

	c = dial(t, p)
	c.send("0200-5")
	assert.Equal(t, "0210-5", c.receive())
	assert.Equal(t, "0210-5", c.receive())
	_, err = c.read()
	require.ErrorIs(t, err, io.EOF)

	c = dial(t, p)
	c.send("0200-6", "0200-7")
	assert.Equal(t, "0210-6", c.receive())
	assert.Equal(t, "0210-7", c.receive())
}

func TestStepsThen(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.StepsThen(linktest.Echo(), linktest.Reply())})
	c := dial(t, p)
	c.send("0200-1", "0200-2", "0200-3")
	for _, want := range []string{"0210-1", "0200-2", "0200-3"} {
		assert.Equal(t, want, c.receive())
	}
}

func TestByConnNeedsAStep(t *testing.T) {
	assert.Panics(t, func() { linktest.ByConn() })
}

func TestGarbageAndCutReplies(t *testing.T) {
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.Steps(
		linktest.Garbage([]byte{0, 3, 'x', 'y', 'z'}),
		linktest.CutAfter(4, linktest.Reply()),
	)})
	c := dial(t, p)
	c.send("0200")
	assert.Equal(t, "xyz", c.receive())
	c.send("0200")
	got, err := io.ReadAll(c.Conn)
	require.NoError(t, err)
	assert.Equal(t, frames("0210")[:4], got)
	ended(t, conn(t, p, 1))
	assert.NoError(t, conn(t, p, 1).Err())
}

func TestAllStopsAtTheFirstError(t *testing.T) {
	boom := errors.New("boom")
	fail := func(*linktest.Conn, linktest.Frame) error { return boom }
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.All(fail, linktest.Reply())})
	c := dial(t, p)
	c.send("0200")
	_, err := c.read()
	require.ErrorIs(t, err, io.EOF)
	ended(t, conn(t, p, 1))
	assert.ErrorIs(t, conn(t, p, 1).Err(), boom)
}

func TestHoldWaitsForTheTest(t *testing.T) {
	release := make(chan struct{}, 1)
	p := startPeer(t, linktest.PeerConfig{Coalesce: true, Handle: linktest.Steps(
		linktest.Reply(), linktest.Hold(release, linktest.Reply()),
	)})
	c := dial(t, p)
	c.send("0200-1", "0200-2", "0200-3")
	assert.Equal(t, "0210-1", c.receive(), "what waits to be written is written first")
	release <- struct{}{}
	assert.Equal(t, "0210-2", c.receive())
	assert.Equal(t, "0210-3", c.receive())
}

func TestAsyncLetsLaterRequestsOvertake(t *testing.T) {
	for _, coalesce := range []bool{false, true} {
		release := make(chan struct{})
		p := startPeer(t, linktest.PeerConfig{Coalesce: coalesce, Handle: linktest.Steps(
			linktest.Async(linktest.Hold(release, linktest.Reply())),
		)})
		c := dial(t, p)
		c.send("0200-1", "0200-2")
		assert.Equal(t, "0210-2", c.receive())
		close(release)
		assert.Equal(t, "0210-1", c.receive())
	}
}

func TestAsyncErrorEndsTheConnection(t *testing.T) {
	boom := errors.New("boom")
	p := startPeer(t, linktest.PeerConfig{Handle: linktest.Async(
		func(*linktest.Conn, linktest.Frame) error { return boom },
	)})
	c := dial(t, p)
	c.send("0200")
	_, err := c.read()
	require.ErrorIs(t, err, io.EOF)
	ended(t, conn(t, p, 1))
	assert.ErrorIs(t, conn(t, p, 1).Err(), boom)
}

// A peer that coalesces has the replies to N requests written before whatever
// ends the connection.
func TestEndsComeBehindAllReplies(t *testing.T) {
	for name, end := range map[string]linktest.Step{
		"close": linktest.CloseConn(), "half-close": linktest.HalfClose(),
		"stop": linktest.StopReading(), "reset": linktest.ResetConn(),
		"delay": linktest.Delay(time.Hour, linktest.Drop()),
		"cut":   linktest.CutAfter(2, linktest.Reply()),
	} {
		t.Run(name, func(t *testing.T) {
			p := startPeer(t, linktest.PeerConfig{Coalesce: true, Handle: linktest.Steps(
				linktest.Reply(), linktest.Reply(), linktest.Reply(), end,
			)})
			c := dial(t, p)
			c.send("0200-1", "0200-2", "0200-3", "0200-4")
			for _, want := range []string{"0210-1", "0210-2", "0210-3"} {
				assert.Equal(t, want, c.receive())
			}
		})
	}
}

// Steps that have something to flush report that they could not.
func TestStepsReportAFailedFlush(t *testing.T) {
	never := make(chan struct{})
	for name, step := range map[string]linktest.Step{
		"delay": linktest.Delay(time.Hour, linktest.Reply()),
		"hold":  linktest.Hold(never, linktest.Reply()),
		"cut":   linktest.CutAfter(100, linktest.Reply()),
		"close": linktest.CloseConn(),
		"async": linktest.Async(linktest.Reply()),
	} {
		t.Run(name, func(t *testing.T) {
			p := startPeer(t, linktest.PeerConfig{Coalesce: true, Handle: linktest.Steps(
				func(c *linktest.Conn, f linktest.Frame) error {
					if err := linktest.Reply()(c, f); err != nil {
						return err
					}
					return c.CloseWrite() // what waits can be written no more
				},
				step,
			)})
			c := dial(t, p)
			c.send("0200-1", "0200-2")
			_, err := c.read()
			require.Error(t, err)
			ended(t, conn(t, p, 1))
			assert.Error(t, conn(t, p, 1).Err())
		})
	}
}
