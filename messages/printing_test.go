package messages_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// assertNoCardData prints and logs v in every way.
func assertNoCardData(t *testing.T, v any) {
	t.Helper()
	for _, way := range carddata.Ways {
		var text strings.Builder
		way.Print(&text, v)
		assert.Empty(t, carddata.Find(text.String()), "%s of %T", way.Name, v)
	}
}

// cardTags are what somebody may give as a tag.
func cardTags() []any {
	type payment struct{ PAN string }
	return []any{pan, []byte(pan), payment{pan}, &payment{pan}, errors.New(pan), slog.StringValue(pan), json.Number(pan)}
}

// vocabulary is every message of the package with card data in all that can
// hold some.
func vocabulary(t *testing.T) []any {
	msg := message(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2, 45: track1})
	frame := packed(t, "0200", map[int]string{2: pan, 11: "000123", 35: track2, 45: track1})
	mti := messages.MTI{'0', '2', '0', '0'}
	key, err := messages.NewKey(mti, pan, track2[:10]) // a key field may hold what it should not
	require.NoError(t, err)
	_, codecErr := messages.Unpack(msg.GetSpec(), frame[:len(frame)-1])
	reader, err := messages.NewKeyReader(msg.GetSpec(), 11, 41)
	require.NoError(t, err)
	_, _, keyErr := reader.Read([]byte(track1 + track2))
	require.Error(t, keyErr)
	sendErr := &messages.SendError{Link: "visa-1", Key: key, Outcome: messages.ErrInDoubt, Cause: codecErr}

	inbound := messages.NewInbound(msg.GetSpec(), nil)
	inbound.MTI, inbound.Key, inbound.KeyErr, inbound.Frame, inbound.Header = mti, key, keyErr, frame, frame

	viewer, err := messages.NewViewer(msg.GetSpec())
	require.NoError(t, err)
	view, err := viewer.View(frame)
	require.NoError(t, err)
	cut, err := viewer.View(frame[:40])
	require.NoError(t, err)
	_, viewErr := cut.String(45)
	require.Error(t, viewErr)
	_, patchErr := view.Patch(nil, messages.SetField(11, pan))
	require.Error(t, patchErr)

	all := []any{
		&view, viewErr, patchErr, messages.SetField(2, pan),
		messages.NewReceived(mti, frame, frame, nil),
		&messages.StateChanged{Link: "visa-1", Reason: sendErr}, &messages.SessionChanged{Link: "visa-1", Reason: codecErr},
		messages.NewLateReply(messages.LateReply{Key: key, Request: frame, Response: frame, Header: frame}, msg.GetSpec()),
		&messages.Unmatched{MTI: mti, Key: key, Err: keyErr, Frame: frame, Header: frame},
		&messages.RequestsDropped{Count: 1, Reason: sendErr}, &messages.Refused{Cause: keyErr, Err: codecErr},
		&messages.AcceptFailed{Reason: sendErr}, inbound,
		&messages.EchoFailed{Reason: sendErr}, &messages.ReadIdle{Link: "visa-1"}, &messages.NetworkRefused{Link: "visa-1", MTI: mti}, &messages.SignFailed{Reason: codecErr}, &messages.CertificatesFailed{Reason: sendErr}, &messages.Panicked{Reason: "string"}, &messages.EventsDropped{Count: 1},
		sendErr, codecErr, keyErr, &messages.DrainError{Cause: sendErr}, errors.Join(sendErr, keyErr), key, mti,
	}
	var results []*messages.Result
	for _, tag := range cardTags() {
		results = append(results,
			messages.NewResult(tag, frame, frame, nil, msg.GetSpec()),
			messages.NewResult(tag, frame, frame, sendErr, msg.GetSpec()))
		all = append(all,
			&messages.Send{Message: msg, Frame: frame, Header: frame, Tag: tag},
			&messages.Post{Message: msg, Frame: frame, Header: frame, Tag: tag},
			&messages.Answer{To: inbound, Message: msg, Frame: frame, Header: frame, Tag: tag})
	}
	for _, r := range results {
		all = append(all, r)
	}
	return append(all, &messages.Results{Results: results})
}

// TestVocabularyPrintsNoCardData prints and logs every message: as it is meant
// to be sent, by value, and in what it may come in.
func TestVocabularyPrintsNoCardData(t *testing.T) {
	seen := make(map[string]bool)
	for _, v := range vocabulary(t) {
		seen[strings.TrimPrefix(fmt.Sprintf("%T", v), "*")] = true
		assertNoCardData(t, v)
		assertNoCardData(t, []any{v})
		assertNoCardData(t, map[string]any{"message": v})
		assertNoCardData(t, struct{ Message any }{v})
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && strings.HasPrefix(fmt.Sprintf("%T", v), "*messages.") {
			assertNoCardData(t, r.Elem().Interface())
			assertNoCardData(t, struct{ Message any }{r.Elem().Interface()})
		}
	}
	for _, name := range []string{
		"Send", "Post", "Answer", "Inbound", "Result", "Results", "RequestsDropped", "Refused", "AcceptFailed", "StateChanged", "SessionChanged", "CertificatesFailed", "LateReply", "Unmatched", "EchoFailed", "ReadIdle", "NetworkRefused", "SignFailed", "Panicked",
		"EventsDropped", "SendError", "CodecError", "KeyError", "DrainError", "Key", "MTI", "View", "Edit", "FrameError", "Received",
	} {
		assert.True(t, seen["messages."+name], name)
	}
}

// TestPrintingSaysSomething: an operator finds out which message it was.
func TestPrintingSaysSomething(t *testing.T) {
	for text, v := range map[string]any{
		"isolink send (3 bytes)":     &messages.Send{Frame: []byte("abc")},
		"isolink post (3 bytes)":     messages.Post{Frame: []byte("abc")},
		"isolink result (3 bytes)":   messages.NewResult(nil, nil, []byte("abc"), nil, nil),
		"isolink result (no key)":    messages.NewResult(nil, nil, nil, messages.ErrNoKey, nil),
		"isolink results (2)":        &messages.Results{Results: make([]*messages.Result, 2)},
		"link a: 3 events dropped":   messages.EventsDropped{Link: "a", Count: 3},
		"link a: Dial panicked: int": &messages.Panicked{Link: "a", Where: "Dial", Reason: "int"},
		"link a: up -> closed (session 1)": messages.StateChanged{
			Link: "a", From: messages.Up, To: messages.Closed, Session: 1,
		},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%q"} {
			assert.Equal(t, text, fmt.Sprintf(verb, v), verb)
		}
	}
	var none *messages.Send
	assert.Equal(t, "<nil>", fmt.Sprint(none))
}
