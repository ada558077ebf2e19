package supervisor_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
	"github.com/isolink-go/isolink/supervisor/linktest"
)

// soon is the SendTimeout where an answer that is not understood, or a send that is
// not refused, should be noticed before patience ends.
const soon = 8 * time.Second

// stanFrame has no field but 11.
func stanFrame(mti string, stan int) []byte {
	return []byte(mti + "00200000000000000000000000000000" + stanText(stan))
}

// exchangeWith is that of the link, counted.
func (l *testLink) exchangeWith(ctx context.Context, header, frame []byte) ([]byte, error) {
	_, reply, err := l.ExchangeWith(ctx, header, frame)
	l.tally.note(l.t, l.Name(), false, err)
	return reply, err
}

// TestClassKeyFields: with key fields 41 and 11, network management needs no field
// 41, whoever begins it; other classes do, and the error says which field of which
// class there is not.
func TestClassKeyFields(t *testing.T) {
	var events journal[messages.Event]
	host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		switch linktest.MTI(f.Body) {
		case "0400":
			return c.WriteFrame(linktest.Frame{Body: stanFrame("0410", stanOf(f.Body))})
		case "0801":
			return c.WriteFrame(linktest.Frame{Body: append([]byte("98"), f.Body[2:]...)})
		}
		return linktest.Reply()(c, f)
	}})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.KeyFields, c.OnEvent = []int{41, 11}, events.add
		c.Reject = messages.RejectVersion9('0')
		c.Echo.Build = func() (*iso8583.Message, error) {
			msg := iso8583.NewMessage(spec)
			msg.MTI("0800")
			return msg, msg.Field(11, "000077")
		}
	})
	require.NoError(t, l.Echo())
	for _, frame := range [][]byte{stanFrame("0800", 1), newFrame("0200", 1), newFrame("0800", 2)} {
		reply, err := l.Exchange(patient(t), frame)
		require.NoError(t, err)
		assert.Equal(t, string(response(frame)), string(reply))
	}
	_, err := l.Exchange(patient(t), stanFrame("0801", 3))
	isRejected(t, "9801", err)

	_, err = l.Exchange(patient(t), stanFrame("0200", 4))
	require.ErrorIs(t, err, messages.ErrNotSent)
	require.ErrorIs(t, err, messages.ErrNoKey)
	require.ErrorContains(t, err, "0200 (class 2): field 41: is not in the message")
	_, err = l.Exchange(within(t, short), newFrame("0400", 5))
	require.ErrorIs(t, err, messages.ErrInDoubt)
	told := awaitEvents[*messages.Unmatched](t, &events, 1)
	require.ErrorIs(t, told[0].Err, messages.ErrNoKey)
	require.ErrorContains(t, told[0].Err, "0410 (class 4): field 41: is not in the message")
}

// TestNormalizeKeys: a host that pads fields 11 and 41 in its own way is understood,
// in keys and in VerifyFields; one that answers for another terminal is not.
func TestNormalizeKeys(t *testing.T) {
	const terminalAt = rrnEnd
	host := startHost(t, linktest.PeerConfig{Handle: func(c *linktest.Conn, f linktest.Frame) error {
		answer := response(f.Body)
		copy(answer[stanAt:], "   123")
		copy(answer[terminalAt:], "T1      ")
		if linktest.MTI(f.Body) == "0400" {
			copy(answer[terminalAt:], "T2      ")
		}
		return c.WriteFrame(linktest.Frame{Body: answer})
	}})
	frame := func(mti string) []byte {
		made := newFrame(mti, 123)
		copy(made[terminalAt:], "000000T1")
		return made
	}
	for name, change := range map[string]func(*supervisor.LinkConfig){
		"keys":   func(c *supervisor.LinkConfig) { c.KeyFields = []int{41, 11} },
		"verify": func(c *supervisor.LinkConfig) { c.VerifyFields = []int{41} },
		"both":   func(c *supervisor.LinkConfig) { c.VerifyFields = []int{11, 41} },
	} {
		t.Run(name, func(t *testing.T) {
			l := startUp(t, host, change, func(c *supervisor.LinkConfig) {
				c.NormalizeKeys, c.SendTimeout = true, soon
			})
			_, err := l.Exchange(patient(t), frame("0200"))
			require.NoError(t, err)
			_, err = l.Exchange(within(t, short), frame("0400"))
			require.ErrorIs(t, err, messages.ErrInDoubt)
			assert.EqualValues(t, 1, l.awaitStatus("the answer", func(s supervisor.Status) bool {
				return s.Counters.Unmatched > 0
			}).Counters.Unmatched)

			plain := startUp(t, host, change)
			_, err = plain.Exchange(within(t, short), frame("0200"))
			require.ErrorIs(t, err, messages.ErrInDoubt, "without the option")
		})
	}
}

// byToken makes keys of the last four bytes of the TPDU, and of network management
// of the STAN.
func byToken(t *testing.T) messages.KeyFunc {
	t.Helper()
	stans, err := messages.NewKeyReader(spec, 11)
	require.NoError(t, err)
	token := messages.HeaderKey(1, 4)
	return func(m *messages.Received) (messages.Key, error) {
		if m.MTI.Class() == '8' {
			return stans.KeyOf(m)
		}
		return token(m)
	}
}

// tokenHeader is a TPDU with that token.
func tokenHeader(n byte) []byte { return []byte{0x60, 'T', 'O', 'K', n} }

// TestHeaderKey: requests with the same STAN are told apart by the token that the host
// echoes, whatever the order of its answers; a token in flight is in use. Echoes,
// commands and rejects have keys too.
func TestHeaderKey(t *testing.T) {
	const n = 20
	var mu sync.Mutex
	var held []linktest.Frame
	host := startHost(t, linktest.PeerConfig{
		Framing: framing.TPDU{},
		Handle: func(c *linktest.Conn, f linktest.Frame) error {
			switch linktest.MTI(f.Body) {
			case "0800", "0100":
				return linktest.Reply()(c, f)
			case "0400":
				return c.WriteFrame(linktest.Frame{Header: f.Header, Body: append([]byte("9"), f.Body[1:]...)})
			}
			mu.Lock()
			defer mu.Unlock()
			if held = append(held, f); len(held) < n {
				return nil
			}
			for i := range held { // the last one first
				if err := linktest.Reply()(c, held[n-1-i]); err != nil {
					return err
				}
			}
			return nil
		},
	})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.Framing, c.KeyFunc, c.Reject = framing.TPDU{}, byToken(t), messages.RejectVersion9('0')
		c.Echo.Build = func() (*iso8583.Message, error) { return newMessage(t, "0800", 9), nil }
	})
	var done sync.WaitGroup
	for i := range n - 1 {
		frame := newFrame("0200", 7)
		done.Go(func() {
			reply, err := l.exchangeWith(patient(t), tokenHeader(byte(i)), frame)
			if assert.NoError(t, err) {
				assert.Equal(t, string(response(frame)), string(reply))
			}
		})
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(held) == n-1
	}, patience, time.Millisecond)
	require.NoError(t, l.Echo())
	_, err := l.exchangeWith(patient(t), tokenHeader(0), newFrame("0200", 8))
	require.ErrorIs(t, err, messages.ErrDuplicateKey)
	client, last := newClient(t, l), newFrame("0200", 7)
	client.send(&messages.Send{Frame: last, Header: tokenHeader(n)})
	result := client.results.awaitSome(t, 1, "a result")[0].result
	require.NoError(t, result.Err)
	assert.Equal(t, string(response(last)), string(result.Frame))
	done.Wait()

	_, err = l.exchangeWith(patient(t), tokenHeader(0), newFrame("0400", 7))
	isRejected(t, "9400", err)
	_, err = l.Send(patient(t), newMessage(t, "0100", 10))
	require.ErrorIs(t, err, messages.ErrNotSent, "a header that is left to the framing has no token")
	require.ErrorIs(t, err, messages.ErrNoKey)
	s := l.Status()
	assert.Zero(t, s.Counters.Unmatched)
	assert.EqualValues(t, 1, s.Session)
}

// TestKeyFuncThatFails: an error, no key at all, or a panic costs one message its key,
// on either side, and nothing else.
func TestKeyFuncThatFails(t *testing.T) {
	cause := errors.New("no such key")
	stans, err := messages.NewKeyReader(spec, 11)
	require.NoError(t, err)
	var events journal[messages.Event]
	var asked journal[*messages.Inbound]
	host := startHost(t, linktest.PeerConfig{})
	l := startUp(t, host, func(c *supervisor.LinkConfig) {
		c.OnEvent, c.SendTimeout = events.add, soon
		c.Handler = func(_ context.Context, in *messages.Inbound) { asked.add(in) }
		c.KeyFunc = func(m *messages.Received) (messages.Key, error) {
			switch m.MTI.String() {
			case "0100", "0110", "0210":
				panic("no")
			case "0120":
				key, _ := stans.KeyOf(m)
				return key, cause
			case "0400":
				return messages.Key{}, nil
			}
			return stans.KeyOf(m)
		}
	})
	for _, mti := range []string{"0100", "0120", "0400"} {
		_, err := l.Exchange(patient(t), newFrame(mti, 1))
		require.ErrorIs(t, err, messages.ErrNotSent, mti)
		require.ErrorIs(t, err, messages.ErrNoKey, mti)
		assert.Equal(t, mti == "0120", errors.Is(err, cause), mti)
		var e *messages.SendError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, messages.Key{}, e.Key)
	}
	require.NoError(t, l.PostFrame(patient(t), newFrame("0100", 2)), "a post needs no key")
	_, err = l.Exchange(within(t, short), newFrame("0200", 3))
	require.ErrorIs(t, err, messages.ErrInDoubt, "its answer has no key")
	c := connOf(t, host, 1)
	require.NoError(t, c.WriteFrame(linktest.Frame{Body: newFrame("0400", 4)}))
	require.NoError(t, c.WriteFrame(linktest.Frame{Body: newFrame("0100", 5)}))
	for _, in := range asked.awaitSome(t, 2, "the peer's requests") {
		require.ErrorIs(t, in.KeyErr, messages.ErrNoKey)
		assert.Equal(t, messages.Key{}, in.Key)
	}
	l.works(6)

	for _, e := range awaitEvents[*messages.Unmatched](t, &events, 2) {
		require.ErrorIs(t, e.Err, messages.ErrNoKey)
		assert.ErrorContains(t, e.Err, "KeyFunc panicked: string")
	}
	for _, e := range awaitEvents[*messages.Panicked](t, &events, 4) {
		assert.Equal(t, "KeyFunc", e.Where)
	}
	s := l.Status()
	assert.EqualValues(t, 4, s.Counters.Panics, "0100, 0110 of the post, 0210, and the peer's 0100")
	assert.EqualValues(t, 1, s.Session)
}
