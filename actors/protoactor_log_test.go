package actors

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/moov-io/iso8583"
	"github.com/moov-io/iso8583/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/testdata/carddata"
)

// testPAN is a published test number.
const testPAN = carddata.PAN

// shapesOfPAN are the ways in which a log may show it.
func shapesOfPAN() []string {
	pan := []byte(testPAN)
	numbers := strings.Trim(fmt.Sprintf("%d", pan), "[]")
	return []string{
		testPAN, hex.EncodeToString(pan), base64.StdEncoding.EncodeToString(pan),
		numbers, strings.ReplaceAll(numbers, " ", ","),
	}
}

// logDeadLetters sends messages to nobody, and returns what the system logs in
// the text form and as JSON, a line each.
func logDeadLetters(all ...any) (text, asJSON string) {
	var printed [2]bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&printed[0], nil), slog.NewJSONHandler(&printed[1], nil)} {
		system := actor.NewActorSystem(
			actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(h) }),
			actor.WithDeadLetterThrottleCount(int32(len(all)+2)),
		)
		for _, msg := range all {
			system.Root.Send(system.NewLocalPID("nobody"), msg)
		}
	}
	return printed[0].String(), printed[1].String()
}

// Avoided by: Format and LogValue of every message of ours that holds frames:
// what finds no receiver is logged whole, bytes and all.
func TestProtoActorLogsDeadLetters(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		shapes := shapesOfPAN()
		text, asJSON := logDeadLetters(struct{ Frame []byte }{[]byte(testPAN)}, testPAN)
		assert.Contains(t, text, shapes[3])
		assert.Contains(t, asJSON, shapes[2])
		assert.Contains(t, text, shapes[0])
		endDeadLetters()
	})
}

// TestNoCardDataInDeadLetters: no message that this package sends or takes
// shows a card number when it is logged.
func TestNoCardDataInDeadLetters(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Workers) {
		logged := cardMessages(t)
		text, asJSON := logDeadLetters(append(logged, silentMessages()...)...)
		for _, printed := range []string{text, asJSON} {
			assert.Equal(t, len(logged), strings.Count(printed, "[DeadLetter]"))
			for _, shape := range shapesOfPAN() {
				assert.NotContains(t, printed, shape)
			}
		}
		endDeadLetters()
	})
}

// cardMessages are messages that hold a card number.
func cardMessages(t *testing.T) []any {
	t.Helper()
	frame := []byte("020000" + testPAN) // six bytes before it: base64 shows it as it shows the number alone
	card := iso8583.NewMessage(specs.Spec87ASCII)
	card.MTI("0200")
	require.NoError(t, card.Field(2, testPAN))
	q := &request{frame: frame, reply: frame}
	return []any{
		q,
		forget{q},
		wrotePosts{[]*request{q}},
		&batch{frames: []inFrame{{body: frame}}},
		&messages.Send{Message: card, Frame: frame}, &messages.Post{Message: card, Frame: frame},
		&messages.Answer{Message: card, Frame: frame, Header: frame},
		messages.NewResult(1, frame, frame, nil, specs.Spec87ASCII),
		&messages.Results{Results: []*messages.Result{messages.NewResult(1, frame, frame, nil, nil)}},
		messages.NewLateReply(messages.LateReply{Request: frame, Response: frame}, specs.Spec87ASCII),
		&messages.Unmatched{Frame: frame, Err: errors.New("no key")},
		queueEmpty{},
		drain{},
		streamEnd{},
	}
}

// silentMessages are those that come too late now and then, and are not logged.
func silentMessages() []any {
	s := &session{socket: &socket{}}
	return []any{
		Obey{},
		arrived{socket: &socket{early: []byte(testPAN)}},
		admitted{socket: &socket{early: []byte(testPAN)}},
		Restart{},
		Cut{},
		timerFired{},
		dialled{socket: &socket{}},
		deadlineDue{},
		sessionEnded{s},
		sessionFailing{s},
		sessionDrained{s},
		echoDone{session: s},
	}
}
