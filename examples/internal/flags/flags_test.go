package flags_test

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/examples/internal/flags"
	"github.com/isolink-go/isolink/framing"
)

// values are what a test's flags set.
type values struct {
	text    string
	number  int
	time    time.Duration
	framing framing.Framer
	on      bool
}

func define() (*flags.Set, *values) {
	v := new(values)
	set := flags.New("test", "What it is for.\n")
	set.Add("text", "any `text`", flags.Text(&v.text))
	set.Add("number", "a `number`", flags.Number(&v.number, 1, 10))
	set.Add("time", "a `time`", flags.Duration(&v.time))
	set.Add("framing", "a `name`", flags.Framing(&v.framing))
	set.Bool(&v.on, "on", "switch it on")
	return set, v
}

func TestFlags(t *testing.T) {
	set, got := define()
	require.NoError(t, set.Parse([]string{
		"-text", "a b", "-number", "10", "-time", "1500ms", "-framing", "ascii4 inclusive", "-on",
	}, io.Discard))
	require.NoError(t, set.Err())
	assert.Equal(t, &values{"a b", 10, 1500 * time.Millisecond, framing.ASCII{Inclusive: true}, true}, got)
	assert.True(t, set.Given("on"))
	assert.False(t, set.Given("off"))
}

func TestAllThatIsWrongIsReportedAtOnce(t *testing.T) {
	set, got := define()
	require.NoError(t, set.Parse([]string{
		"-number", "0", "-number", "x", "-time", "5", "-time", "-1s", "-framing", "binary3", "more",
	}, io.Discard))
	other := errors.New("another")
	set.Note(other)
	set.Note(nil)
	err := set.Err()
	require.ErrorIs(t, err, other)
	require.ErrorIs(t, err, framing.ErrName)
	var first *flags.Error
	require.ErrorAs(t, err, &first)
	assert.Equal(t, "number", first.Flag)
	for _, words := range []string{
		`-number: "0": give a number from 1 to 10`, `-number: "x"`, `-time: "5": `, `-time: "-1s"`, "-framing: ", `"more" is no flag`,
	} {
		assert.ErrorContains(t, err, words)
	}
	assert.Equal(t, &values{}, got, "what is wrong changes nothing")

	set, _ = define()
	require.NoError(t, set.Parse([]string{"-unknown"}, io.Discard))
	assert.ErrorContains(t, set.Err(), "-unknown")
}

func TestHelp(t *testing.T) {
	set, _ := define()
	var out strings.Builder
	require.ErrorIs(t, set.Parse([]string{"-h"}, &out), flag.ErrHelp)
	assert.True(t, strings.HasPrefix(out.String(), "What it is for.\n"))
	assert.Contains(t, out.String(), "-number number")
}
