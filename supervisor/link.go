package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"

	"github.com/isolink-go/isolink/actors"
	"github.com/isolink-go/isolink/messages"
)

// Link is the handle of a link, or of a session of an acceptor. That of a link
// stays valid across restarts, and when Manager.Apply changes the link; a session is closed, for good, when its
// connection ends, and so Pause and Restart close it. The methods may be called
// from any goroutine. On the handle of an unknown link they fail with
// messages.ErrNoLink.
type Link struct {
	name string
	slot *linkSlot // nil: unknown
}

// Name is the link's name; that of a session is "acceptor/name".
func (l *Link) Name() string { return l.name }

// PID is where other actors send messages.Send, messages.Post and
// messages.Answer to; it answers as long as the manager lives, or the session,
// whatever state the link is in. A link that Manager.Apply has changed has another;
// what it had before answers messages.ErrClosed. Nil for an unknown link.
func (l *Link) PID() *actor.PID {
	if l.slot == nil {
		return nil
	}
	return l.record().Door().PID()
}

// Send packs a request, sends it, and unpacks its response. The message is the
// caller's again when Send has returned. The deadline is the context's or the
// link's SendTimeout, whichever is earlier.
//
// Every error is a *messages.SendError: errors.Is tells messages.ErrNotSent,
// ErrInDoubt or ErrRejected, and the cause: ErrTimeout, ErrLinkDown,
// ErrOverloaded, ErrDuplicateKey, ErrNoKey, ErrNoRequest, ErrDraining,
// ErrClosed, ErrNoLink, ErrFrameTooLarge, ErrPack, ErrUnpack (in doubt: the
// response came, and cannot be read), or the context's error.
func (l *Link) Send(ctx context.Context, msg *iso8583.Message) (*iso8583.Message, error) {
	if l.slot == nil {
		return nil, l.unknown()
	}
	return l.record().Door().Send(ctx, msg)
}

// Exchange sends a packed request and returns its packed response, which is
// the caller's. The link owns frame from here on: it may be queued, or kept
// for a late reply, after the call has returned. Deadline and errors are as
// Send's, without ErrPack and ErrUnpack. Viewer reads fields of either frame.
func (l *Link) Exchange(ctx context.Context, frame []byte) ([]byte, error) {
	if l.slot == nil {
		return nil, l.unknown()
	}
	return l.record().Door().Exchange(ctx, frame)
}

// ExchangeWith is Exchange for framings with headers (a TPDU, a BASE I header): it
// takes the one that stands in front of the request, empty for the framing's
// default, and returns that of the response. The link owns header as it owns
// frame; replyHeader is the caller's.
func (l *Link) ExchangeWith(ctx context.Context, header, frame []byte) (replyHeader, reply []byte, err error) {
	if l.slot == nil {
		return nil, nil, l.unknown()
	}
	return l.record().Door().ExchangeWith(ctx, header, frame)
}

// Viewer looks into packed messages of the link's specification, requests and
// responses of Exchange alike, and makes other ones of them. Nil for an unknown link.
func (l *Link) Viewer() *messages.Viewer {
	if l.slot == nil {
		return nil
	}
	return l.record().Viewer()
}

// Post packs and sends a message that gets no response. It returns nil when
// the bytes were handed to the network. Deadline and errors are as Send's.
func (l *Link) Post(ctx context.Context, msg *iso8583.Message) error {
	if l.slot == nil {
		return l.unknown()
	}
	return l.record().Door().Post(ctx, msg)
}

// PostFrame is Post for a packed message. The link owns frame from here on.
func (l *Link) PostFrame(ctx context.Context, frame []byte) error {
	return l.PostWith(ctx, nil, frame)
}

// PostWith is PostFrame with a header, as ExchangeWith has it.
func (l *Link) PostWith(ctx context.Context, header, frame []byte) error {
	if l.slot == nil {
		return l.unknown()
	}
	return l.record().Door().PostWith(ctx, header, frame)
}

// Write sends bytes as they stand, without framing: what the framing has no word
// for, such as a keep-alive of the peer's own making. They go in one piece, in
// order with what was given to the link before; the peer must find the next frame
// behind them, since whatever else they are breaks its stream. The link owns p from
// here on.
//
// It returns nil when the bytes were handed to the network, and at once when there
// are none. It is taken where Post would be: while the link is up, within MaxFrame,
// MaxInFlight and MaxQueuedBytes, and counts as a post. Deadline and errors are as
// PostFrame's, without ErrNoKey; part of p may have been sent when it is in doubt.
func (l *Link) Write(ctx context.Context, p []byte) error {
	if l.slot == nil {
		return l.unknown()
	}
	return l.record().Door().Write(ctx, p)
}

func (l *Link) unknown() error {
	return &messages.SendError{Link: l.name, Outcome: messages.ErrNotSent, Cause: messages.ErrNoLink}
}

// failed is the error of what is no send.
func (l *Link) failed(cause error) error { return fmt.Errorf("link %s: %w", l.name, cause) }

// Status is a snapshot of the link; reading it never touches the data path.
// The status of an unknown link has its name and no state.
func (l *Link) Status() Status {
	if l.slot == nil {
		return Status{Name: l.name}
	}
	return l.record().Status()
}

// Await returns nil as soon as it sees the link in the given state; a state
// that lasts only a moment may go unseen. It fails with the context's error,
// with messages.ErrClosed when the link was closed, and with messages.ErrNoLink.
func (l *Link) Await(ctx context.Context, state messages.State) error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	status, seen := l.until(ctx, func(s Status) bool { return s.State == state })
	switch {
	case !seen:
		return fmt.Errorf("link %s: not %v but %v: %w", l.name, state, status.State, contextError(ctx, status))
	case status.State != state:
		return l.failed(messages.ErrClosed)
	}
	return nil
}

// until waits until the status satisfies done, or the link is closed, and returns
// the status that it saw last; seen is false when ctx ended first.
func (l *Link) until(ctx context.Context, done func(Status) bool) (last Status, seen bool) {
	for {
		r := l.record()
		status, changed := r.Changed()
		if status.State == messages.Closed && l.record() != r {
			continue // the link was changed
		}
		if done(status) || status.State == messages.Closed {
			return status, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return status, false
		}
	}
}

// contextError is the context's cause and, where there is one, why the link
// failed last.
func contextError(ctx context.Context, status Status) error {
	if status.LastError == nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w (last error: %w)", context.Cause(ctx), status.LastError)
}

// Pause ends the session in order and keeps the link without one until Resume.
// Sends are refused meanwhile. What has not settled when ctx ends is cut short,
// and reported as a *messages.DrainError; the link is paused all the same. It
// returns nil when Resume takes it back meanwhile. It fails with
// messages.ErrClosed on a closed link.
func (l *Link) Pause(ctx context.Context) error {
	if err := l.want(actors.WantPause); err != nil {
		return err
	}
	return l.await(ctx, actors.Obey{}, func(s Status) bool {
		return s.State == messages.Paused || l.record().Want() != actors.WantPause
	})
}

// Resume lets a paused link connect again, at once; it does not wait for it.
// On a link that is not paused it does nothing. It fails with
// messages.ErrClosed on a closed link.
func (l *Link) Resume() error {
	if err := l.want(actors.WantRun); err != nil {
		return err
	}
	l.record().Tell(actors.Obey{})
	return nil
}

// Restart ends the session in order; the link then connects again as after any
// end of a session. A link that waits for its next attempt connects at once.
// Restart returns when the old session is over. What has not settled when ctx
// ends is cut short, and reported as a *messages.DrainError. It fails with
// messages.ErrClosed on a closed link, and does nothing on a paused one.
func (l *Link) Restart(ctx context.Context) error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	before := l.Status()
	switch before.State {
	case messages.Paused:
		return nil
	case messages.Closed:
		return l.failed(messages.ErrClosed)
	case messages.Waiting, messages.Connecting, messages.SigningOn, messages.Up, messages.SignedOff, messages.Draining:
	}
	return l.await(ctx, actors.Restart{}, func(s Status) bool {
		return s.Session != before.Session || !hasSession(s.State)
	})
}

// hasSession reports whether a link in that state has a session.
func hasSession(state messages.State) bool {
	switch state {
	case messages.SigningOn, messages.Up, messages.SignedOff, messages.Draining:
		return true
	case messages.Waiting, messages.Connecting, messages.Paused, messages.Closed:
	}
	return false
}

// Echo exchanges one echo, as LinkConfig.Echo makes it, in the session that there
// is, signed on or not. It returns nil when it was answered and accepted; a
// *messages.SendError where it was not sent or not answered; the error of the
// configuration's functions; or messages.ErrLinkDown, ErrNoLink, and ErrNoRequest
// where there is no Echo. It ends by Echo's Timeout.
func (l *Link) Echo() error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	if err := l.record().Echo(); err != nil {
		return l.failed(err)
	}
	return nil
}

// SignOff has the link refuse requests with messages.ErrNotSignedOn until SignOn,
// in this session and in later ones. SignOff of the configuration is exchanged
// where the link is up; what is in flight goes on to be answered. It returns when
// the link is signed off, or has no session, or with the context's error. What
// came of the exchange is told by a messages.SignFailed event. It fails with
// messages.ErrClosed on a closed link.
func (l *Link) SignOff(ctx context.Context) error {
	return l.sign(ctx, true, func(s Status) bool { return s.State == messages.SignedOff })
}

// SignOn takes SignOff back: the link signs on, where SignOn is configured, and
// requests are taken again. It returns when the link is up, or has no session: it
// then signs on with the next one; or with the context's error. It fails with
// messages.ErrClosed on a closed link.
func (l *Link) SignOn(ctx context.Context) error {
	return l.sign(ctx, false, func(s Status) bool { return s.State == messages.Up })
}

func (l *Link) sign(ctx context.Context, off bool, done func(Status) bool) error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	l.slot.tell(func(r *actors.Record) { r.SetSignedOff(off) })
	l.record().Tell(actors.Sign{})
	status, seen := l.until(ctx, func(s Status) bool {
		return done(s) || !hasSession(s.State) || l.record().SignedOff() != off
	})
	switch {
	case !seen:
		return l.failed(contextError(ctx, status))
	case status.State == messages.Closed:
		return l.failed(messages.ErrClosed)
	}
	return nil
}

// Close ends the link in order: it refuses new sends, settles what is in
// flight, and closes the socket. What has not settled when ctx ends is cut
// short, and reported as a *messages.DrainError. A closed link does not come
// back; closing it again returns nil.
func (l *Link) Close(ctx context.Context) error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	return l.slot.close(ctx)
}

// want notes what the link should be.
func (l *Link) want(w actors.Want) error {
	if l.slot == nil {
		return l.failed(messages.ErrNoLink)
	}
	var closed bool
	l.slot.tell(func(r *actors.Record) {
		r.SetWant(w)
		closed = r.Want() == actors.WantClose
	})
	if closed {
		return l.failed(messages.ErrClosed)
	}
	return nil
}

// await sends a command to the link's actor and waits until its effect shows;
// when ctx ends, the link is told to cut short what it drains.
func (l *Link) await(ctx context.Context, command any, done func(Status) bool) error {
	l.record().Tell(command)
	if _, seen := l.until(ctx, done); seen {
		return nil
	}
	return cut(ctx, l.record(), func() {
		l.record().Tell(actors.Cut{})
		// Nothing that the link's actors do can block; but somebody else may want
		// something else meanwhile.
		bounded, cancel := context.WithTimeout(context.Background(), cutWait)
		defer cancel()
		l.until(bounded, done)
	})
}

// cutWait is how long a session that is cut short may take to show its end.
const cutWait = 2 * time.Second
