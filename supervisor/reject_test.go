package supervisor_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// isRejected judges the error of a send that was rejected.
func isRejected(t *testing.T, code string, err error) {
	t.Helper()
	require.ErrorIs(t, err, messages.ErrRejected)
	require.NotErrorIs(t, err, messages.ErrInDoubt)
	require.NotErrorIs(t, err, messages.ErrNotSent)
	var why *messages.RejectError
	require.ErrorAs(t, err, &why)
	assert.Equal(t, code, why.Code)
	var e *messages.SendError
	require.ErrorAs(t, err, &e)
	assert.EqualValues(t, 1, e.Session)
}

// baseIReject is the header of a reject with that code, in front of the
// original's.
func baseIReject(original []byte, code [2]byte) []byte {
	own := make([]byte, 26, 26+len(original))
	own[0], own[1], own[2] = 26, 1|0x80, 2
	own[22] = 0x80
	copy(own[24:], code[:])
	return append(own, original...)
}

// TestRejectBaseI: Visa returns the request as it was, behind a header that says
// so. Its sender gets the code at once; a request of the network with the same
// STAN and MTI is still one.
func TestRejectBaseI(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{
		Framing: framing.VisaBaseI{},
		Handle: func(c *linktest.Conn, f linktest.Frame) error {
			if stanOf(f.Body)%2 == 1 {
				return c.WriteFrame(linktest.Frame{Header: baseIReject(f.Header, [2]byte{0x00, 0x09}), Body: f.Body})
			}
			return linktest.Reply()(c, f)
		},
	})
	var asked journal[string]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Framing, c.Reject = framing.VisaBaseI{}, messages.RejectBaseI
		c.Handler = func(_ context.Context, in *messages.Inbound) { asked.add(in.MTI.String()) }
	})
	for stan := range 20 {
		frame := newFrame("0200", stan)
		reply, err := l.Exchange(patient(t), frame)
		if stan%2 == 1 {
			isRejected(t, "0009", err)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, string(response(frame)), string(reply))
	}
	require.NoError(t, connOf(t, host, 1).WriteFrame(linktest.Frame{Body: newFrame("0200", 1)}))
	assert.Equal(t, []string{"0200"}, asked.awaitSome(t, 1, "the network's own request"))
	assert.Zero(t, l.Status().Counters.Unmatched)
}

// TestRejectOfAResponse: the network rejects what this end has answered to its own
// request. A request of this end with the same STAN is neither rejected nor answered
// by it, nor by a reject of what has no key.
func TestRejectOfAResponse(t *testing.T) {
	frame := newFrame("0200", 1)
	msg := iso8583.NewMessage(spec)
	msg.MTI("0200")
	bare, err := messages.Pack(msg)
	require.NoError(t, err)
	host := startHost(t, linktest.PeerConfig{
		Framing: framing.VisaBaseI{},
		Handle: func(c *linktest.Conn, f linktest.Frame) error {
			if string(f.Body[:4]) == "0200" {
				return c.WriteFrame(linktest.Frame{Body: newFrame("0200", 1)}) // its own
			}
			return errors.Join(
				c.WriteFrame(linktest.Frame{Header: baseIReject(f.Header, [2]byte{0x00, 0x09}), Body: f.Body}),
				c.WriteFrame(linktest.Frame{Header: baseIReject(f.Header, [2]byte{0x00, 0x10}), Body: bare}),
				c.WriteFrame(linktest.Frame{Body: response(frame)}),
			)
		},
	})
	var asked journal[string]
	var events journal[messages.Event]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Framing, c.Reject, c.OnEvent = framing.VisaBaseI{}, messages.RejectBaseI, events.add
		c.Handler = func(ctx context.Context, in *messages.Inbound) {
			asked.add(in.Key.String())
			answering(ctx, in)
		}
	})
	reply, err := l.Exchange(patient(t), bytes.Clone(frame))
	require.NoError(t, err)
	assert.Equal(t, string(response(frame)), string(reply))
	told := awaitEvents[*messages.Unmatched](t, &events, 2)
	assert.Equal(t, []string{"0009", "0010"}, []string{told[0].RejectCode, told[1].RejectCode})
	assert.Len(t, asked.list(), 1)
}

// TestRejectVersion9: BASE24 returns a request with a 9 for its version; the keys
// of other classes and STANs are not touched by it.
func TestRejectVersion9(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		body := bytes.Clone(f.Body)
		body[0] = '9'
		return c.WriteFrame(linktest.Frame{Body: body})
	}})
	var events journal[messages.Event]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Reject, c.OnEvent = messages.RejectVersion9('0'), events.add
	})
	_, err := l.Exchange(patient(t), newFrame("0200", 1))
	isRejected(t, "9200", err)
	_, err = l.Exchange(patient(t), newFrame("0420", 1))
	isRejected(t, "9420", err)
	require.NoError(t, l.PostFrame(patient(t), newFrame("0220", 2)))
	told := awaitEvents[*messages.Unmatched](t, &events, 1)[0]
	assert.Equal(t, "9220", told.RejectCode)
}

// TestRejectAdministrative: the network names the request in an advice of its own.
// The request's sender gets the code; the handler answers the advice. One that is
// no reject is a request of the network as any other.
func TestRejectAdministrative(t *testing.T) {
	advice := func(t *testing.T, stan int, code string, rejected []byte) []byte {
		msg := newMessage(t, "0620", stan)
		require.NoError(t, msg.Field(60, code))
		require.NoError(t, msg.Field(90, string(rejected[:4])+stanText(stanOf(rejected))+"0704123456"+"0000000000000000000000"))
		frame, err := msg.Pack()
		require.NoError(t, err)
		return frame
	}
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if string(f.Body[:4]) == "0200" {
			return c.WriteFrame(linktest.Frame{Body: advice(t, 777, "6000051", f.Body)})
		}
		return nil
	}})
	var asked journal[string]
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		reject, err := messages.RejectAdministrative(spec, messages.Administrative{Original: 90, Code: 60, Codes: []string{"600"}})
		require.NoError(t, err)
		c.Reject, c.Ordered = reject, true
		c.Handler = func(ctx context.Context, in *messages.Inbound) {
			asked.add(in.Key.String())
			answering(ctx, in)
		}
	})
	_, err := l.Exchange(patient(t), newFrame("0200", 123))
	isRejected(t, "6000051", err)
	require.NoError(t, connOf(t, host, 1).WriteFrame(linktest.Frame{Body: advice(t, 778, "650", newFrame("0200", 5))}))
	const last = "0620/0630:000778"
	handled := asked.await(t, "the last advice", func(all []string) bool { return slices.Contains(all, last) })
	require.Equal(t, []string{"0620/0630:000777", last}, handled)
	require.NoError(t, rec.WaitTotal(patient(t), 3))
	l.awaitStatus("both answered", func(s supervisor.Status) bool { return s.Counters.Replied == 2 })
	assert.Zero(t, l.Status().Counters.Unmatched)
}

// TestLateReject: a reject of a request that is in doubt is a late reply with its
// code.
func TestLateReject(t *testing.T) {
	rec := newRecorder()
	host := startHost(t, linktest.PeerConfig{Recorder: rec, Handle: linktest.Drop()})
	var lates lateLog
	l := startUp(t, host, lates.over, func(c *supervisor.LinkConfig) { c.Reject = messages.RejectVersion9('0') })
	frame := newFrame("0200", 1)
	l.doubt(rec, frame)
	reject := bytes.Clone(frame)
	reject[0] = '9'
	require.NoError(t, connOf(t, host, 1).WriteFrame(linktest.Frame{Body: reject}))
	late := lates.hook.awaitSome(t, 1, "the late reject")[0]
	assert.Equal(t, "9200", late.RejectCode)
	assert.Equal(t, string(frame), string(late.Request))
}

// TestRejectThatPanics: the message is sorted as any other.
func TestRejectThatPanics(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Reject = func(*messages.Received) (messages.Key, string, bool) { panic("no") }
	})
	l.works(1)
	assert.EqualValues(t, 1, l.Status().Counters.Panics)
}
