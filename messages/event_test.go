package messages_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

func TestLateReplyMessages(t *testing.T) {
	request := packed(t, "0200", map[int]string{11: "000123"})
	response := packed(t, "0210", map[int]string{11: "000123", 39: "00"})
	late := messages.NewLateReply(messages.LateReply{Request: request, Response: response}, specs.Spec87ASCII)
	asked, answered, err := late.Messages()
	require.NoError(t, err)
	for msg, want := range map[interface{ GetMTI() (string, error) }]string{asked: "0200", answered: "0210"} {
		mti, err := msg.GetMTI()
		require.NoError(t, err)
		assert.Equal(t, want, mti)
	}

	for name, damaged := range map[string]messages.LateReply{
		"request":  {Request: request[:20], Response: response},
		"response": {Request: request, Response: response[:20]},
	} {
		asked, answered, err = messages.NewLateReply(damaged, specs.Spec87ASCII).Messages()
		var codec *messages.CodecError
		assert.ErrorAs(t, err, &codec, name)
		assert.Nil(t, asked, name)
		assert.Nil(t, answered, name)
	}
}

// TestEventTexts: what an operator reads.
func TestEventTexts(t *testing.T) {
	key, err := messages.NewKey(messages.MTI{'0', '2', '0', '0'}, "000123")
	require.NoError(t, err)
	at := time.Unix(1_000, 0)
	for text, e := range map[string]messages.Event{
		"link visa-1: waiting -> connecting (session 0)": &messages.StateChanged{
			Link: "visa-1", From: messages.Waiting, To: messages.Connecting,
		},
		"link visa-1: up -> waiting (session 4): the peer closed": &messages.StateChanged{
			Link: "visa-1", From: messages.Up, To: messages.Waiting, Session: 4, Reason: errors.New("the peer closed"),
		},
		"link visa-1: session 4 began (peer host:5001)": &messages.SessionChanged{
			Link: "visa-1", Session: 4, Peer: "host:5001",
		},
		"link visa-1: session 4 ended (peer host:5001): the peer closed": &messages.SessionChanged{
			Link: "visa-1", Session: 4, Peer: "host:5001", Ended: true, Reason: errors.New("the peer closed"),
		},
		"link visa-1: late reply to 0200/0210:000123: 31s after it was sent (sessions 4, 5)": &messages.LateReply{
			Link: "visa-1", ReceivedLink: "visa-1", Key: key, SentSession: 4, ReceivedSession: 5, SentAt: at, ReceivedAt: at.Add(31 * time.Second),
		},
		"link visa-1: late reply to 0200/0210:000123: 31s after it was sent (sessions 4, 5) on link visa-2": &messages.LateReply{
			Link: "visa-1", ReceivedLink: "visa-2", Key: key, SentSession: 4, ReceivedSession: 5, SentAt: at, ReceivedAt: at.Add(31 * time.Second),
		},
		"link visa-1: session 4: nobody waits for this 0210, key 0200/0210:000123": &messages.Unmatched{
			Link: "visa-1", Session: 4, MTI: messages.MTI{'0', '2', '1', '0'}, Key: key,
		},
		"link visa-1: session 4: nobody waits for this ????, key none: no key": &messages.Unmatched{
			Link: "visa-1", Session: 4, Err: messages.ErrNoKey,
		},
		"link visa-1: session 4: echo 2 missed: deadline passed": &messages.EchoFailed{
			Link: "visa-1", Session: 4, Missed: 2, Reason: messages.ErrTimeout,
		},
		`link visa-1: session 4: 0800, function "161", is not known here: answered with code 12`: &messages.NetworkRefused{
			Link: "visa-1", Session: 4, MTI: messages.MTI{'0', '8', '0', '0'}, Function: "161", Code: "12",
		},
		"link visa-1: session 4: nothing was received since 2026-07-04T12:00:00Z": &messages.ReadIdle{
			Link: "visa-1", Session: 4, Since: time.Date(2026, 7, 4, 12, 0, 0, 0, time.UTC),
		},
		"link visa-1: OnLate panicked: *errors.errorString": &messages.Panicked{
			Link: "visa-1", Where: "OnLate", Reason: "*errors.errorString",
		},
		"link visa-1: new certificates cannot be used: TLSFiles.CA: cut short": &messages.CertificatesFailed{
			Link: "visa-1", Reason: errors.New("TLSFiles.CA: cut short"),
		},
		"link visa-1: 17 events dropped": &messages.EventsDropped{Link: "visa-1", Count: 17},
	} {
		assert.Equal(t, text, fmt.Sprint(e))
		assert.Equal(t, "visa-1", e.Origin())
	}
}
