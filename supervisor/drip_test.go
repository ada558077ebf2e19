package supervisor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// dripping is a host that takes everything, and sends one message, a byte each time.
func dripping(every time.Duration) linktest.PeerConfig {
	return linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
		go func() {
			for _, b := range stream(newLongFrame("0210", 999_999, 1_000)) {
				if c.Delay(every) != nil || c.WriteRaw([]byte{b}) != nil {
					return
				}
			}
		}()
	}, Handle: silent}
}

// TestDripIsSilence: a peer that sends a part of a message now and then is as silent
// as one that sends nothing, though requests are sent to it all the time.
func TestDripIsSilence(t *testing.T) {
	const every, idle, timeout = 10 * time.Second, 30 * time.Second, 5 * time.Second
	for name, c := range map[string]struct {
		change func(*supervisor.LinkConfig)
		after  time.Duration
		reason error
	}{
		"echoes": {func(c *supervisor.LinkConfig) {
			stan := newSTANs()
			c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
			c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes = idle, timeout, 3
		}, idle + 3*timeout, messages.ErrNoEcho},
		"ReadIdle": {func(c *supervisor.LinkConfig) { c.ReadIdle = idle }, idle, messages.ErrReadIdle},
		"ReadIdle, and echoes": {func(c *supervisor.LinkConfig) {
			stan := newSTANs()
			c.Echo.Build = func() (*iso8583.Message, error) { return networkMessage(stan.next()), nil }
			c.IdleTime, c.Echo.Timeout, c.MaxMissedEchoes, c.ReadIdle = idle-time.Second, timeout, 255, idle
		}, idle + timeout, messages.ErrReadIdle},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, dripping(every), c.change, func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
				require.NoError(t, link.Await(t.Context(), messages.Up))
				start := time.Now()
				for stan := 0; link.Status().State == messages.Up && time.Since(start) < 2*c.after; stan++ {
					require.NoError(t, link.PostFrame(context.Background(), newFrame("0200", stan)))
					time.Sleep(time.Second)
					synctest.Wait()
				}
				s := link.Status()
				require.ErrorIs(t, s.LastError, c.reason)
				assert.InDelta(t, c.after, time.Since(start), float64(time.Second))
			})
		})
	}
}

// TestSlowMessageCounts: when its last byte is there.
func TestSlowMessageCounts(t *testing.T) {
	const every, idle = time.Second, 30 * time.Second
	bubble(t, linktest.PeerConfig{OnAccept: func(c *linktest.Conn) {
		go func() {
			wire := stream(newFrame("0210", 999_999))
			_ = c.WriteRaw(wire[:len(wire)-20]) // the rest shows whether it was taken
			for _, b := range wire[len(wire)-20:] {
				if c.Delay(every) != nil || c.WriteRaw([]byte{b}) != nil {
					return
				}
			}
		}()
	}, Handle: silent}, func(c *supervisor.LinkConfig) { c.ReadIdle = idle },
		func(t *testing.T, link *supervisor.Link, _ *linktest.Peer) {
			require.NoError(t, link.Await(t.Context(), messages.Up))
			start := time.Now()
			require.NoError(t, link.Await(t.Context(), messages.Waiting))
			assert.Equal(t, 20*every+idle, time.Since(start))
			assert.EqualValues(t, 1, link.Status().Counters.Unmatched)
		})
}
