package supervisor_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// secretAnswers: answered, and refused for every reason.
func secretAnswers(t *testing.T, l *testLink, host *linktest.Peer, p *page) {
	ctx := patient(t)
	_, err := l.Exchange(ctx, newSecretFrame(t, "0200", 1))
	require.NoError(t, err)
	_, err = l.Send(ctx, newSecretMessage(t, "0200", 2))
	require.NoError(t, err)
	require.NoError(t, l.Post(ctx, newSecretMessage(t, "0220", 3)))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = l.Exchange(gone, newSecretFrame(t, "0200", 4))
	p.print(err)
	_, err = l.Exchange(ctx, newSecretFrame(t, "0210", 5))
	p.print(err)
	_, err = l.Exchange(ctx, append(newSecretFrame(t, "0200", 6), make([]byte, 70_000)...))
	p.print(err)
	_, err = l.Exchange(ctx, newSecretFrame(t, "0200", 7)[36:])
	p.print(err)
	c := connOf(t, host, 1)
	c.StopReading()
	first := l.background(ctx, newSecretFrame(t, "0200", 8))
	l.awaitStatus("in flight", func(s supervisor.Status) bool { return s.InFlight == 1 })
	_, err = l.Exchange(ctx, newSecretFrame(t, "0200", 8))
	p.print(err)
	p.print(awaitFirst(first, func() { c.ResumeReading() }).err)
	require.NoError(t, l.Pause(ctx))
	_, err = l.Exchange(ctx, newSecretFrame(t, "0200", 9))
	p.print(err)
	p.covers(t, "request", "response", "advice", "cancelled request", "response that is sent as a request", "frame that is too large",
		"frame without a key", "request whose key is in use", "request to a link that is down")
}

func awaitFirst(sent <-chan outcome, then func()) outcome {
	then()
	return <-sent
}

// secretLate: in doubt by deadline and by cancel, late, and late once more.
func secretLate(t *testing.T, l *testLink, host *linktest.Peer, p *page) {
	frame := newSecretFrame(t, "0200", 1)
	ctx, cancel := context.WithCancel(context.Background())
	sent := l.background(ctx, frame)
	require.Eventually(t, func() bool {
		return connOf(t, host, 1).BytesRead() >= int64(len(stream(frame)))
	}, patience, time.Millisecond)
	cancel()
	err := awaitDone(t, "the send", sent).err
	require.ErrorIs(t, err, messages.ErrInDoubt)
	p.print(err)
	l.works(2)
	l.awaitStatus("a late reply", func(s supervisor.Status) bool { return s.Counters.Late == 1 })
	require.NoError(t, connOf(t, host, 1).WriteRaw(stream(response(frame), frame)))
	l.awaitStatus("nobody's", func(s supervisor.Status) bool { return s.Counters.Unmatched == 2 })
	p.covers(t, "request in doubt", "late reply", "unmatched response")
}

// halfReply answers with what can be unpacked in part only, between frames that
// are nobody's.
func halfReply(c *linktest.Conn, f linktest.Frame) error {
	reply := response(f.Body)
	return c.WriteRaw(stream(f.Body, reply[40:], reply[:len(reply)-20]))
}

func secretUnreadable(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	_, err := l.Send(patient(t), newSecretMessage(t, "0200", 1))
	require.ErrorIs(t, err, messages.ErrUnpack)
	p.print(err)
	for _, e := range unwrapAll(err) {
		p.print(e)
	}
	l.awaitStatus("nobody's", func(s supervisor.Status) bool { return s.Counters.Unmatched == 2 })
	p.covers(t, "response that is cut off", "garbage in a frame")
}

// unwrapAll returns err and all that it wraps.
func unwrapAll(err error) []error {
	all := []error{err}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			all = append(all, unwrapAll(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			all = append(all, unwrapAll(inner)...)
		}
	}
	return all
}

// secretUnpackable: messages that do not pack, at a field that holds a secret.
func secretUnpackable(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	for id, value := range map[int]string{2: secretPAN + secretPAN, 35: secretTrack + secretTrack} {
		msg := newSecretMessage(t, "0200", 1)
		require.NoError(t, msg.Field(id, value))
		_, err := l.Send(patient(t), msg)
		require.ErrorIs(t, err, messages.ErrPack)
		for _, e := range unwrapAll(err) {
			p.print(e)
		}
		p.print(l.Post(patient(t), msg))
	}
	p.covers(t, "message that does not pack")
}

// secretCommands: commands, results, and dead letters of both.
func secretCommands(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	root := l.manager.System().Root
	c := newClient(t, l)
	c.send(&messages.Send{Frame: newSecretFrame(t, "0200", 1)})
	c.send(&messages.Send{Message: newSecretMessage(t, "0200", 2), Batch: true})
	c.send(&messages.Post{Message: newSecretMessage(t, "0220", 3), Batch: true})
	c.send(&messages.Send{Frame: newSecretFrame(t, "0210", 4)})
	for _, r := range c.results.awaitSome(t, 4, "results") {
		p.print(r.result, r.result.Err, &messages.Results{Results: []*messages.Result{r.result}})
	}
	// Who asked is gone when the result comes; and who is asked was never there.
	nobody := actor.NewPID(root.ActorSystem().Address(), "nobody")
	root.RequestWithCustomSender(l.PID(), &messages.Send{Frame: newSecretFrame(t, "0200", 5)}, nobody)
	l.tally.note(t, "host", false, nil)
	root.Send(nobody, &messages.Send{Frame: newSecretFrame(t, "0200", 6), Message: newSecretMessage(t, "0200", 6)})
	root.Send(nobody, &messages.Post{Frame: newSecretFrame(t, "0200", 7)})
	root.Send(l.PID(), messages.Send{Frame: newSecretFrame(t, "0200", 8)}) // by value: no command
	l.awaitStatus("all settled", func(s supervisor.Status) bool { return s.InFlight == 0 && s.Counters.Answered == 3 })
	p.covers(t, "command", "result", "batch of results", "command as a dead letter", "result as a dead letter", "command by value")
}

// secretCutOff: in doubt and not sent, by a reset and by a drain that is cut
// short.
func secretCutOff(t *testing.T, l *testLink, host *linktest.Peer, p *page) {
	first := l.background(patient(t), newSecretFrame(t, "0200", 1))
	l.awaitStatus("in flight", func(s supervisor.Status) bool { return s.InFlight == 1 })
	require.NoError(t, connOf(t, host, 1).Reset())
	p.print(awaitDone(t, "a send", first).err)
	l.awaitSession(2)
	second := l.background(patient(t), newSecretFrame(t, "0200", 2))
	l.awaitStatus("in flight", func(s supervisor.Status) bool { return s.InFlight == 1 })
	p.print(l.Restart(within(t, short)))
	p.print(awaitDone(t, "a send", second).err)
	l.awaitSession(3)
	p.covers(t, "request whose session was reset", "request that a drain cuts short")
}

// misframed answers without a length, so that the link takes bytes of the
// message for one.
func misframed(c *linktest.Conn, _ linktest.Frame) error {
	return c.WriteRaw(bytes.Repeat([]byte(secretPAN+secretTrack+secretPIN), 2_000))
}

func secretMisframed(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	_, err := l.Exchange(patient(t), newSecretFrame(t, "0200", 1))
	p.print(err)
	l.awaitSession(2)
	require.Error(t, l.Status().LastError)
	for _, e := range unwrapAll(l.Status().LastError) {
		p.print(e)
	}
	p.covers(t, "stream out of step")
}

// oversized answers with a frame that is above MaxFrame.
func oversized(c *linktest.Conn, f linktest.Frame) error {
	return c.WriteRaw(stream(bytes.Repeat(f.Body, 10)))
}

// garbage answers with bytes that are no stream of this framing, whatever they begin
// with.
func garbage(c *linktest.Conn, f linktest.Frame) error {
	return c.WriteRaw(append([]byte("\x16\x03\x01GET / HTTP/1.1\r\n\r\n"), f.Body...))
}

// cutShort answers with the first half of a frame, and closes.
func cutShort(c *linktest.Conn, f linktest.Frame) error {
	if err := c.WriteRaw(stream(f.Body)[:len(f.Body)/2]); err != nil {
		return err
	}
	return c.Close()
}

func secretStreams(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	for i, kind := range []string{"frame above MaxFrame", "garbage for a length", "frame that is cut short"} {
		l.awaitSession(uint64(i + 1))
		_, err := l.Exchange(patient(t), newSecretFrame(t, "0200", i))
		require.ErrorIs(t, err, messages.ErrInDoubt)
		l.awaitSession(uint64(i + 2))
		for _, e := range append(unwrapAll(err), unwrapAll(l.Status().LastError)...) {
			p.print(e)
		}
		p.covers(t, kind)
	}
}

// secretWrites: raw bytes that were handed over, refused, and cut off.
func secretWrites(t *testing.T, l *testLink, host *linktest.Peer, p *page) {
	require.NoError(t, l.Write(patient(t), stream(newSecretFrame(t, "0800", 1))))
	p.print(l.Write(patient(t), bytes.Repeat([]byte(secretPAN+secretTrack+secretPIN), 2_000)))
	require.NoError(t, connOf(t, host, 1).Reset())
	l.awaitSession(2)
	require.NoError(t, l.Pause(patient(t)))
	p.print(l.Write(patient(t), newSecretFrame(t, "0800", 2)))
	p.covers(t, "raw bytes")
}

// secretReject answers with a reject whose code goes on with a card's number.
func secretReject(c *linktest.Conn, f linktest.Frame) error {
	msg := iso8583.NewMessage(cardSpec)
	if err := msg.Unpack(f.Body); err != nil {
		return err
	}
	msg.MTI("0644")
	for id, value := range map[int]string{60: "600 " + secretPAN, 90: string(f.Body[:4]) + stanText(1) + "07041234560000000000000000000000"} {
		if err := msg.Field(id, value); err != nil {
			return err
		}
	}
	body, err := msg.Pack()
	if err != nil {
		return err
	}
	return c.WriteFrame(linktest.Frame{Body: body})
}

func secretRejected(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	_, err := l.Exchange(patient(t), newSecretFrame(t, "0200", 1))
	require.ErrorIs(t, err, messages.ErrRejected)
	for _, e := range unwrapAll(err) {
		p.print(e)
	}
	require.NoError(t, l.Post(patient(t), newSecretMessage(t, "0220", 2)))
	l.awaitStatus("nobody's", func(s supervisor.Status) bool { return s.Counters.Unmatched == 1 })
	p.covers(t, "reject", "reject of an advice")
}

// tellingFramer panics with what it was given.
type tellingFramer struct{ framing.Binary2 }

func (f tellingFramer) Append(dst, header, body []byte) ([]byte, error) {
	if stanInside(body, 1) {
		panic(fmt.Errorf("cannot append %s", body))
	}
	return f.Binary2.Append(dst, header, body)
}

func (f tellingFramer) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	header, body, err = f.Binary2.Read(r, limit)
	if stanInside(body, 2) {
		panic(string(body))
	}
	return header, body, err
}

func stanInside(body []byte, stan int) bool {
	return bytes.Contains(body, []byte("0704123456"+stanText(stan)))
}

// secretPanics: foreign code that panics with all it knows.
func secretPanics(t *testing.T, l *testLink, _ *linktest.Peer, p *page) {
	for stan := 1; stan <= 2; stan++ {
		l.awaitSession(uint64(stan))
		_, err := l.Exchange(patient(t), newSecretFrame(t, "0200", stan))
		require.Error(t, err)
		for _, e := range unwrapAll(err) {
			p.print(e)
		}
		l.awaitSession(uint64(stan) + 1)
		p.print(l.Status())
	}
	require.Error(t, l.Status().LastError)
}

// secretPage is where secretHandler prints; one test at a time uses it.
var secretPage *page

// secretHandler fails in every way in which a handler can.
func secretHandler(ctx context.Context, in *messages.Inbound) {
	secretPage.print(in, *in)
	secretPage.print(ctx)
	secretPage.print(in.ReplyFrame(ctx, in.Frame))
	secretPage.print(in.ReplyFrame(ctx, in.Frame[:30]))
	answering(ctx, in)
	secretPage.print(in.ReplyFrame(ctx, response(in.Frame)))
	panic(string(in.Frame))
}

// secretRequests: the host asks, more than the link can take.
func secretRequests(t *testing.T, l *testLink, host *linktest.Peer, p *page) {
	secretPage = p
	c := connOf(t, host, 1)
	for stan := range 20 {
		require.NoError(t, c.WriteFrame(linktest.Frame{Body: newSecretFrame(t, "0200", stan)}))
	}
	l.awaitStatus("all of them", func(s supervisor.Status) bool {
		return s.Unhandled == 0 && s.Counters.Requests+s.Counters.Overloaded == 20 && s.Counters.Overloaded > 0
	})
	l.manager.System().Root.Send(l.manager.System().NewLocalPID("nobody"), &messages.Answer{Frame: newSecretFrame(t, "0210", 1)})
	p.covers(t, "request of the peer", "request of the peer beyond a limit", "answer", "second answer", "answer as a dead letter")
}
