package actors

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/moov-io/iso8583"
	"github.com/stretchr/testify/assert"

	"github.com/isolink-go/isolink/framing"
	"github.com/isolink-go/isolink/messages"
)

func TestSilenceFaults(t *testing.T) {
	echo := func(c *LinkConfig) {
		c.Echo.Build = func() (*iso8583.Message, error) { return nil, errors.New("none") }
	}
	const second = time.Second
	for _, c := range []struct {
		name   string
		change func(*LinkConfig)
		fields string
	}{
		{"SendKeepAlive", func(c *LinkConfig) { c.SendKeepAlive = -1 }, "SendKeepAlive"},
		{"SendKeepAlive without end", func(c *LinkConfig) { c.SendKeepAlive = math.MaxInt64 }, "SendKeepAlive"},
		{"MaxKeepAlives", func(c *LinkConfig) { c.MaxKeepAlives = -1 }, "MaxKeepAlives"},
		{"ReadIdle", func(c *LinkConfig) { c.ReadIdle = -1 }, "ReadIdle"},
		{"ReadIdle without end", func(c *LinkConfig) { c.ReadIdle = math.MaxInt64 }, "ReadIdle"},

		{"short ones", func(c *LinkConfig) { c.SendKeepAlive, c.ReadIdle = second, second }, ""},
		{"long ones", func(c *LinkConfig) { c.SendKeepAlive, c.ReadIdle = time.Hour, time.Hour }, ""},
		{"with an echo", func(c *LinkConfig) { echo(c); c.SendKeepAlive, c.ReadIdle = 29*second, 31*second }, ""},
		{"a keep-alive that an echo precedes", func(c *LinkConfig) { echo(c); c.SendKeepAlive = 30 * second }, "SendKeepAlive"},
		{"silent before it is asked", func(c *LinkConfig) { echo(c); c.ReadIdle = 30 * second }, "ReadIdle"},
		{"silent before it has answered", func(c *LinkConfig) {
			echo(c)
			c.ReadIdle, c.IdleTime, c.Echo.Timeout = 30*second, 20*second, 30*second
		}, "ReadIdle"},
		{"both", func(c *LinkConfig) { echo(c); c.ReadIdle, c.Echo.Timeout = second, second }, "ReadIdle ReadIdle"},

		{"a trailer", func(c *LinkConfig) { c.Framing = framing.Trailer{} }, ""},
		{"a trailer, and keep-alives", func(c *LinkConfig) {
			c.Framing, c.SendKeepAlive, c.AnswerKeepAlives = framing.Trailer{}, second, true
		}, "SendKeepAlive AnswerKeepAlives"},
		{"a pair of message functions, and answers", func(c *LinkConfig) {
			c.Framing = messages.MessageFramer{}
			c.AnswerKeepAlives = true
		}, "Framing"},
		{"a framing of one's own", func(c *LinkConfig) {
			c.Framing, c.SendKeepAlive = ownFraming{framing.Binary2{}}, second
		}, ""},
		{"a framing of one's own without keep-alives", func(c *LinkConfig) {
			c.Framing, c.SendKeepAlive = ownFraming{framing.Trailer{}}, second
		}, "SendKeepAlive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := goodConfig()
			c.change(&config)
			assert.Equal(t, c.fields, strings.Join(faultyFields(t, config), " "))
		})
	}
}

// ownFraming is one that implements what is required of a framing, and no more.
type ownFraming struct{ framing framing.Framer }

func (f ownFraming) Append(dst, header, body []byte) ([]byte, error) {
	return f.framing.Append(dst, header, body)
}

func (f ownFraming) Read(r *bufio.Reader, limit int) (header, body []byte, err error) {
	return f.framing.Read(r, limit)
}

// TestFramingsWithKeepAlives: who has none is told by the framing's name.
func TestFramingsWithKeepAlives(t *testing.T) {
	none := map[framing.Framer]string{
		framing.Trailer{}:             "the framing " + framing.Trailer{}.String() + " has no keep-alive",
		ownFraming{framing.Trailer{}}: "the framing actors.ownFraming has no keep-alive",
		messages.MessageFramer{Spec: goodConfig().Spec, Reader: noPair{}, Writer: noPair{}}: "the framing messages has no keep-alive",
	}
	for f, text := range none {
		config := goodConfig()
		config.Framing, config.SendKeepAlive = f, time.Second
		assert.ErrorContains(t, config.Validate(), text)
	}
	for _, f := range []framing.Framer{
		framing.ASCII{},
		framing.BASE24{},
		framing.BCD2{},
		framing.Binary2{},
		framing.Binary4{},
		framing.CMF{},
		framing.EBCDIC4{},
		framing.Hex4{},
		framing.Padded{},
		framing.RBP{},
		framing.TPDU{},
		framing.VMLH{},
		framing.VisaBaseI{},
	} {
		config := goodConfig()
		config.Framing, config.SendKeepAlive, config.AnswerKeepAlives = f, time.Second, true
		assert.NoError(t, config.Validate(), "%v", f)
	}
}

// noPair reads and writes no message.
type noPair struct{}

func (noPair) ReadMessage(io.Reader) (*iso8583.Message, error) { return nil, io.EOF }
func (noPair) WriteMessage(io.Writer, *iso8583.Message) error  { return io.ErrClosedPipe }
