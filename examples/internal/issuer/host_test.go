package issuer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/terminal"
	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
	"github.com/isolink-go/isolink/supervisor"
)

func TestEveryRequestIsLoggedAndAnswered(t *testing.T) {
	host, ledger := start(t)
	c := connect(t, host)
	for number := 1; number <= 20; number++ {
		assert.Equal(t, approved, exchange(t, c, number))
		_, digest := payment(t, number)
		want := Entry{Conn: 1, MTI: "0200", STAN: reference(number)[6:], Reference: reference(number), Digest: digest}
		received, replying, replied := want, want, want
		replying.Stage, replied.Stage = Replying, Replied
		assert.Equal(t, received, ledger.of(reference(number))[0], "logged before it was answered")
		require.Eventually(t, func() bool { return len(ledger.of(reference(number))) == 3 }, terminal.Patience, time.Millisecond)
		assert.Equal(t, []Entry{received, replying, replied}, ledger.of(reference(number)))
	}
	assert.EqualValues(t, 20, host.Status().Counters.Requests)
	assert.EqualValues(t, 20, host.Status().Counters.Replied)
	for _, k := range Kinds() {
		assert.Zero(t, host.Faults(k), k)
	}
}

func TestDeclined(t *testing.T) {
	host, _ := start(t, treated(Treatment{Declined: true}))
	assert.Equal(t, declined, exchange(t, connect(t, host), 1))
}

func TestWhatTheLedgerDoesNotTakeIsNotAnswered(t *testing.T) {
	full := errors.New("no space left")
	host, ledger := start(t, func(c *Config) {
		c.Ledger.(*pages).refuse = func(e Entry) error {
			if e.Reference == reference(1) || e.Reference == reference(2) && e.Stage == Replying {
				return full
			}
			return nil
		}
	})
	c := connect(t, host)
	for number := 1; number <= 2; number++ {
		giveUp(t, c, number)
	}
	exchange(t, c, 3)
	require.Eventually(t, func() bool { return len(ledger.of(reference(2))) == 1 }, terminal.Patience, time.Millisecond)
	assert.Empty(t, ledger.of(reference(1)))
	require.Eventually(t, func() bool { return host.Status().Counters.Replied == 1 }, terminal.Patience, time.Millisecond)
}

// TestARequestThatCannotBeRead is logged without what cannot be read, and the log
// for people has nothing of it.
func TestARequestThatCannotBeRead(t *testing.T) {
	var words bytes.Buffer
	failed := make(chan struct{})
	host, ledger := start(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte("cannot be read")) {
				words.Write(p)
				close(failed)
			}
			return len(p), nil
		}), nil))
	})
	c := connect(t, host)
	frame, _ := payment(t, 4242)
	cut := frame[:len(frame)-5] // in the midst of the reference
	require.NoError(t, c.PostFrame(terminal.Patient(t), cut))
	<-failed
	assert.NotContains(t, words.String(), "4111")
	assert.Equal(t, []Entry{{Conn: 1, MTI: "0200", Digest: sha256.Sum256(cut)}}, ledger.of(""))
	exchange(t, c, 2)
	require.Eventually(t, func() bool { return host.Status().Counters.Replied == 1 }, terminal.Patience, time.Millisecond)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestLinesHoldNoCardData(t *testing.T) {
	var text strings.Builder
	lines := make(chan struct{}, 3)
	to := NewLines(writerFunc(func(p []byte) (int, error) {
		defer func() { lines <- struct{}{} }()
		return text.Write(p)
	}))
	host, _ := start(t, func(c *Config) { c.Ledger = to })
	exchange(t, connect(t, host), 7)
	for range 3 {
		<-lines
	}
	got := strings.Split(strings.TrimSpace(text.String()), "\n")
	require.Len(t, got, 3)
	for i, stage := range []Stage{Received, Replying, Replied} {
		assert.Contains(t, got[i], ` `+stage.String()+` connection 1: 0200 STAN "000007" reference "000000000007" digest `)
	}
	assert.NotContains(t, text.String(), "4111111111111111")

	broken := errors.New("broken pipe")
	assert.ErrorIs(t, NewLines(writerFunc(func([]byte) (int, error) { return 0, broken })).Log(Entry{}), broken)
	assert.Equal(t, "unknown", (Replied + 9).String())
}

func TestAHeaderGoesBackWithEveryReply(t *testing.T) {
	tpdu, err := framing.Parse("binary2+tpdu")
	require.NoError(t, err)
	host, _ := start(t, treated(Treatment{Kind: AnswersTwice}), func(c *Config) { c.Framing = tpdu })
	c := connect(t, host, func(l *supervisor.LinkConfig) { l.Framing = tpdu })
	frame, _ := payment(t, 1)
	header, _, err := c.ExchangeWith(terminal.Patient(t), []byte{0x60, 0, 1, 0, 2}, frame)
	require.NoError(t, err)
	swapped := []byte{0x60, 0, 2, 0, 1}
	assert.Equal(t, swapped, header)
	assert.Equal(t, swapped, next[*messages.Unmatched](t, c).Header, "the second one's")
}

func TestListenFails(t *testing.T) {
	_, err := Listen(Config{Name: "a b", Addr: "127.0.0.1:0", Framing: framing.Binary2{}, Logger: quiet})
	var fault *messages.ConfigError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, "Name", fault.Field)

	host, _ := start(t)
	_, err = Listen(Config{Name: "issuer", Addr: host.Addr(), Framing: framing.Binary2{}, Logger: quiet})
	var taken *net.OpError
	require.ErrorAs(t, err, &taken)
}
