package supervisor_test

import (
	"maps"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/encoding"
	"github.com/moov-io/iso8583/field"
	"github.com/moov-io/iso8583/prefix"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// signSpec is spec with a field 70, for what a network management request is about.
var signSpec = func() *iso8583.MessageSpec {
	made := &iso8583.MessageSpec{Name: "with field 70", Fields: maps.Clone(spec.Fields)}
	made.Fields[70] = field.NewString(&field.Spec{Length: 3, Enc: encoding.ASCII, Pref: prefix.ASCII.Fixed})
	return made
}()

// signing makes a link sign on and off as ISO 8583:1987 has it, with STANs from
// 800,000 on.
func signing(c *supervisor.LinkConfig) {
	var stan atomic.Int64
	stan.Store(800_000)
	exchange := func(function string) supervisor.NetworkManagement {
		return supervisor.NetworkManagement{
			Build: messages.ISO87.Builder(signSpec, function, func(msg *iso8583.Message) error {
				return msg.Field(11, strconv.FormatInt(stan.Add(1), 10))
			}),
			Check: messages.ISO87.Check, Timeout: patience,
		}
	}
	c.Spec = signSpec
	c.SignOn, c.SignOff = exchange(messages.ISO87.SignOn), exchange(messages.ISO87.SignOff)
}

// functionOf is field 70 of a network management request, or its MTI where it has
// none.
func functionOf(t *testing.T, f linktest.Frame) string {
	msg := iso8583.NewMessage(signSpec)
	assert.NoError(t, msg.Unpack(f.Body))
	if function, err := msg.GetString(70); err == nil && function != "" {
		return function
	}
	mti, _ := msg.GetMTI()
	return mti
}

// signHost is a host that answers network management with a code, and writes down
// what it was asked.
type signHost struct {
	t     *testing.T
	asked journal[string]
	code  atomic.Pointer[string] // nil: 00; empty: no answer
}

func (h *signHost) answer(code string) { h.code.Store(&code) }

func (h *signHost) handle(c *linktest.Conn, f linktest.Frame) error {
	h.asked.add(functionOf(h.t, f))
	code := "00"
	if p := h.code.Load(); p != nil {
		code = *p
	}
	if code == "" {
		return nil
	}
	return linktest.ReplyWith(linktest.NewUnpackingResponder(linktest.UnpackingConfig{Spec: signSpec, ResponseCode: code}))(c, f)
}

// TestSignOn: a link is up when it is signed on; until then requests are refused.
func TestSignOn(t *testing.T) {
	h := &signHost{t: t}
	h.answer("")
	host := startHost(t, linktest.PeerConfig{Handle: h.handle})
	l := startLink(t, host, signing)
	l.awaitState(messages.SigningOn)
	assert.Equal(t, []string{"001"}, h.asked.awaitSome(t, 1, "the sign-on"))
	_, err := l.Exchange(patient(t), newFrame("0200", 1))
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, messages.ErrNotSignedOn)

	h.answer("00")
	require.NoError(t, connOf(t, host, 1).Close())
	l.awaitState(messages.Up)
	_, err = l.Exchange(patient(t), newFrame("0200", 1))
	require.NoError(t, err)
	assert.Equal(t, []string{"001", "001", "0200"}, h.asked.list(), "each session signs on")
}

// TestSignOnRefused: an event with the response code, and a failure for the
// backoff; when the host accepts, the link is up.
func TestSignOnRefused(t *testing.T) {
	var events journal[messages.Event]
	h := &signHost{t: t}
	h.answer("05")
	host := startHost(t, linktest.PeerConfig{Handle: h.handle})
	l := startLink(t, host, signing, func(c *supervisor.LinkConfig) { c.OnEvent = events.add })
	failed := awaitEvents[*messages.SignFailed](t, &events, 2)
	var code *messages.CodeError
	require.ErrorAs(t, failed[0].Reason, &code)
	assert.Equal(t, messages.CodeError{Field: 39, Code: "05"}, *code)
	assert.False(t, failed[0].Off)
	assert.EqualValues(t, 1, failed[0].Session)
	assert.EqualValues(t, 2, failed[1].Session)
	l.awaitStatus("the reason", func(s supervisor.Status) bool { return s.LastError != nil })
	require.ErrorIs(t, l.Status().LastError, messages.ErrSignOn)
	require.ErrorIs(t, l.Status().LastError, messages.ErrRefused)
	h.answer("00")
	l.awaitState(messages.Up)
	for _, e := range eventsOf[*messages.StateChanged](events.list()) {
		assert.False(t, e.From == messages.Up, "it was never up before")
	}
}

// TestSignOnThatFails: not answered, not built, panics, cut off: the link tries
// again, until it succeeds.
func TestSignOnThatFails(t *testing.T) {
	for name, change := range map[string]func(c *supervisor.LinkConfig, first func() bool){
		"no answer": func(c *supervisor.LinkConfig, _ func() bool) { c.SignOn.Timeout = short },
		"not built": func(c *supervisor.LinkConfig, first func() bool) {
			build := c.SignOn.Build
			c.SignOn.Build = func() (*iso8583.Message, error) {
				if first() {
					return iso8583.NewMessage(nil), nil // cannot be packed
				}
				return build()
			}
		},
		"panic": func(c *supervisor.LinkConfig, first func() bool) {
			c.SignOn.Check = func(*iso8583.Message) error {
				if first() {
					panic("no")
				}
				return nil
			}
		},
		"never returns in time": func(c *supervisor.LinkConfig, first func() bool) {
			build := c.SignOn.Build
			c.SignOn.Timeout = short
			c.SignOn.Build = func() (*iso8583.Message, error) {
				if first() {
					<-time.After(4 * short)
				}
				return build()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := &signHost{t: t}
			if name == "no answer" {
				h.answer("")
				time.AfterFunc(3*short, func() { h.answer("00") })
			}
			host := startHost(t, linktest.PeerConfig{Handle: h.handle})
			var calls atomic.Int64
			var events journal[messages.Event]
			l := startLink(t, host, signing, func(c *supervisor.LinkConfig) {
				c.OnEvent = events.add
				change(c, func() bool { return calls.Add(1) == 1 })
			})
			l.awaitState(messages.Up)
			awaitEvents[*messages.SignFailed](t, &events, 1)
			assert.Greater(t, l.Status().Session, uint64(1))
			_, err := l.Exchange(patient(t), newFrame("0200", 1))
			require.NoError(t, err)
		})
	}
}

// TestOperatorSignsOff: requests are refused, in this session and in later ones;
// what is in flight is answered, echoes and the peer's requests go on; until the
// operator signs on.
func TestOperatorSignsOff(t *testing.T) {
	h := &signHost{t: t}
	release := make(chan struct{})
	handled := make(chan struct{}, 1)
	host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		if mti := linktest.MTI(f.Body); mti == "0100" {
			return linktest.Async(linktest.Hold(release, linktest.Reply()))(c, f)
		} else if mti == "0810" {
			handled <- struct{}{}
			return nil
		}
		return h.handle(c, f)
	}})
	l := startUp(t, host, signing, func(c *supervisor.LinkConfig) {
		c.Handler = answering
		c.Echo = c.SignOn
		c.Echo.Build = messages.ISO87.Builder(signSpec, messages.ISO87.Echo, func(m *iso8583.Message) error { return m.Field(11, "799999") })
	})
	inFlight := l.background(patient(t), newFrame("0100", 1))
	l.awaitStatus("in flight", func(s supervisor.Status) bool { return s.InFlight == 1 })
	require.NoError(t, l.SignOff(patient(t)))
	assert.Equal(t, messages.SignedOff, l.Status().State)
	h.asked.awaitSome(t, 2, "the sign-off") // callers are refused before the host has it
	_, err := l.Exchange(patient(t), newFrame("0200", 2))
	require.ErrorIs(t, err, messages.ErrNotSignedOn)
	close(release)
	require.NoError(t, awaitDone(t, "what was in flight", inFlight).err)
	require.NoError(t, l.Echo())
	require.NoError(t, connOf(t, host, 1).WriteFrame(linktest.Frame{Body: newFrame("0800", 7)}))
	awaitDone(t, "the answer to the host", handled)
	assert.Equal(t, []string{"001", "002", "301"}, h.asked.list())

	require.NoError(t, connOf(t, host, 1).Close())
	l.awaitStatus("another session", func(s supervisor.Status) bool {
		return s.Session == 2 && s.State == messages.SignedOff
	})
	require.NoError(t, l.SignOn(patient(t)))
	_, err = l.Exchange(patient(t), newFrame("0200", 3))
	require.NoError(t, err)
	assert.Equal(t, []string{"001", "002", "301", "001", "0200"}, h.asked.list(), "the later session was not signed on before")
}

// TestSignOffOnStop: before a session that is closed or paused ends, behind what
// is in flight; never when it is restarted.
func TestSignOffOnStop(t *testing.T) {
	for name, c := range map[string]struct {
		stop func(*testLink) error
		want []string
	}{
		"close":   {func(l *testLink) error { return l.Close(patient(l.t)) }, []string{"001", "0200", "002"}},
		"pause":   {func(l *testLink) error { return l.Pause(patient(l.t)) }, []string{"001", "0200", "002"}},
		"restart": {func(l *testLink) error { return l.Restart(patient(l.t)) }, []string{"001", "0200"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &signHost{t: t}
			host := startHost(t, linktest.PeerConfig{Handle: h.handle})
			l := startUp(t, host, signing, func(c *supervisor.LinkConfig) {
				c.SignOffOnStop = true
				c.Backoff.MinDelay = patience // the next session signs on too late to be seen
			})
			_, err := l.Exchange(patient(t), newFrame("0200", 1))
			require.NoError(t, err)
			require.NoError(t, c.stop(l))
			conn := connOf(t, host, 1)
			awaitDone(t, "the end of the connection", conn.Done())
			require.NoError(t, conn.Err(), "it ended in order")
			assert.Equal(t, c.want, h.asked.list())
		})
	}
}

// TestSignOffThatIsNotAnswered: the link is signed off, or closes, all the same.
func TestSignOffThatIsNotAnswered(t *testing.T) {
	var events journal[messages.Event]
	h := &signHost{t: t}
	host := startHost(t, linktest.PeerConfig{Handle: h.handle})
	l := startUp(t, host, signing, func(c *supervisor.LinkConfig) {
		c.SignOff.Timeout, c.SignOffOnStop, c.OnEvent = 2*short, true, events.add
	})
	h.answer("")
	require.NoError(t, l.SignOff(patient(t)))
	failed := awaitEvents[*messages.SignFailed](t, &events, 1)[0]
	assert.True(t, failed.Off)
	require.ErrorIs(t, failed.Reason, messages.ErrTimeout)
	h.answer("00")
	require.NoError(t, l.SignOn(patient(t)))
	h.answer("")
	require.NoError(t, l.Close(patient(t)), "nothing was in flight")
	assert.Equal(t, []string{"001", "002", "001", "002"}, h.asked.list())
}

// TestEchoByHand: what Link.Echo returns.
func TestEchoByHand(t *testing.T) {
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host)
	require.ErrorIs(t, l.Echo(), messages.ErrNoRequest, "none is configured")
	l = startUp(t, host, echoing(patience, patience))
	require.NoError(t, l.Echo())
	assert.EqualValues(t, 1, l.Status().Counters.Attempts)
	require.NoError(t, l.Pause(patient(t)))
	require.ErrorIs(t, l.Echo(), messages.ErrLinkDown)
	require.ErrorIs(t, l.manager.Link("nobody").Echo(), messages.ErrNoLink)
	require.ErrorIs(t, l.manager.Link("nobody").SignOn(patient(t)), messages.ErrNoLink)
	require.NoError(t, l.SignOff(patient(t)), "without a session there is nothing to wait for")
	require.NoError(t, l.Close(patient(t)))
	require.ErrorIs(t, l.SignOn(patient(t)), messages.ErrClosed)
}

// TestSignOnInSteps: what follows a sign-on is a part of it, and so is its refusal.
func TestSignOnInSteps(t *testing.T) {
	for name, refused := range map[string]string{"accepted": "", "the second refused": "161", "the third refused": "162"} {
		t.Run(name, func(t *testing.T) {
			h := &signHost{t: t}
			host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
				if functionOf(t, f) == refused {
					h.answer("05")
				}
				return h.handle(c, f)
			}})
			step := func(function, stan string) supervisor.NetworkManagement {
				return supervisor.NetworkManagement{
					Build: messages.ISO87.Builder(signSpec, function, func(m *iso8583.Message) error { return m.Field(11, stan) }),
					Check: messages.ISO87.Check,
				}
			}
			l := startLink(t, host, signing, func(c *supervisor.LinkConfig) {
				c.SignOn.Then = []supervisor.NetworkManagement{step("161", "810000"), step("162", "820000")}
				c.Backoff.MinDelay = patience
			})
			switch refused {
			case "":
				l.awaitState(messages.Up)
				assert.Equal(t, []string{"001", "161", "162"}, h.asked.list())
			default:
				l.awaitStatus("a refusal", func(s supervisor.Status) bool { return s.LastError != nil })
				require.ErrorIs(t, l.Status().LastError, messages.ErrRefused)
				assert.Equal(t, refused, h.asked.list()[len(h.asked.list())-1], "nothing follows what was refused")
			}
		})
	}
}
