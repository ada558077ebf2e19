package messages_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isolink-go/isolink/messages"
)

// stanClock is a clock that stands still, so long after the start of a cycle.
func stanClock(into time.Duration) func() time.Time {
	return func() time.Time { return time.Unix(1_700_000_000, 0).Add(into) }
}

func newSTANs(tb require.TestingT, config messages.STANConfig) *messages.STANs {
	stans, err := messages.NewSTANs(config)
	require.NoError(tb, err)
	return stans
}

func nextSTAN(tb require.TestingT, stans *messages.STANs) string {
	stan, err := stans.Next()
	require.NoError(tb, err)
	return stan
}

func TestSTANsCountAndComeRound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config messages.STANConfig
		want   []string
	}{
		"defaults":         {messages.STANConfig{}, []string{"000001", "000002", "000003"}},
		"end":              {messages.STANConfig{Now: stanClock(1000*time.Second - 1)}, []string{"999999", "000001"}},
		"2003":             {messages.STANConfig{Digits: 12}, []string{"000000000001", "000000000002"}},
		"2003 end":         {messages.STANConfig{Digits: 12, Now: stanClock(1000*time.Second - 1)}, []string{"999999999999", "000000000001"}},
		"one digit":        {messages.STANConfig{Digits: 1}, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "1"}},
		"range":            {messages.STANConfig{First: 8, Last: 10, Digits: 3}, []string{"008", "009", "010", "008"}},
		"from":             {messages.STANConfig{First: 999_999}, []string{"999999", "999999"}},
		"to":               {messages.STANConfig{Last: 2}, []string{"000001", "000002", "000001"}},
		"store":            {messages.STANConfig{Last: 30, Store: new(stanMemory)}, []string{"000001", "000002", "000003", "000004"}},
		"store that is on": {messages.STANConfig{Digits: 2, Store: &stanMemory{next: 97}}, []string{"98", "99", "01"}},
		"end of the store": {messages.STANConfig{Digits: 2, Store: &stanMemory{next: 1<<64 - 1}, Block: 1}, []string{"16"}},
	} {
		if c.config.Now == nil {
			c.config.Now = stanClock(0)
		}
		stans := newSTANs(t, c.config)
		for _, want := range c.want {
			assert.Equal(t, want, nextSTAN(t, stans), name)
		}
	}
}

// Without a store the clock says where to begin: once through the range in 1,000
// seconds.
func TestSTANsBeginWithTheClock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		digits int
		into   time.Duration
		want   string
	}{
		{6, 0, "000001"},
		{6, time.Second, "001000"}, // 999.999 numbers a second
		{6, 2 * time.Second, "002000"},
		{6, 500 * time.Second, "500000"},
		{6, 1001 * time.Second, "001000"},
		{4, 500 * time.Second, "5000"},
		{12, time.Second, "001000000000"},
		{12, time.Nanosecond, "000000000001"},
	} {
		stans := newSTANs(t, messages.STANConfig{Digits: c.digits, Now: stanClock(c.into)})
		assert.Equal(t, c.want, nextSTAN(t, stans), c)
	}

	before := newSTANs(t, messages.STANConfig{Now: func() time.Time { return time.Time{} }})
	assert.Len(t, nextSTAN(t, before), 6, "a clock before 1970")

	running := newSTANs(t, messages.STANConfig{Digits: 12})
	assert.NotEqual(t, nextSTAN(t, running), nextSTAN(t, newSTANs(t, messages.STANConfig{Digits: 12})))
}

func TestNewSTANsRefuses(t *testing.T) {
	t.Parallel()
	store := new(stanMemory)
	for _, c := range []struct {
		config messages.STANConfig
		want   []string
	}{
		{messages.STANConfig{Digits: -1}, []string{"Digits: -1: give 1 to 12, or 0 for 6"}},
		{messages.STANConfig{Digits: 13}, []string{"Digits: 13: give 1 to 12, or 0 for 6"}},
		{messages.STANConfig{Last: 1_000_000}, []string{"Last: 1000000: give at most 999999, or more Digits"}},
		{messages.STANConfig{First: 3, Last: 2}, []string{"First: 3: give at most Last, which is 2"}},
		{messages.STANConfig{First: 10, Digits: 1}, []string{"First: 10: give at most Last, which is 9"}},
		{messages.STANConfig{Store: store, Block: -1}, []string{"Block: -1: give a positive number, or 0 for the default"}},
		{messages.STANConfig{Store: store, Digits: 2, Block: 10}, []string{"Block: 10: give at most 9, a tenth of the range"}},
		{messages.STANConfig{Store: store, Digits: 1, Block: 2}, []string{"Block: 2: give at most 1, a tenth of the range"}},
		{messages.STANConfig{Block: 1}, []string{"Block: is of no use: there is no Store"}},
		{messages.STANConfig{Digits: 20, First: 1 << 63, Last: 1 << 62, Block: -5}, []string{
			"Digits: 20: give 1 to 12, or 0 for 6",
			"Last: 4611686018427387904: give at most 999999999999, or more Digits",
			"First: 9223372036854775808: give at most Last, which is 4611686018427387904",
			"Block: -5: give a positive number, or 0 for the default",
		}},
	} {
		stans, err := messages.NewSTANs(c.config)
		assert.Nil(t, stans, c.want)
		joined, ok := err.(interface{ Unwrap() []error })
		require.True(t, ok, c.want)
		var got []string
		for _, err := range joined.Unwrap() {
			var fault *messages.ConfigError
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, "STANs", fault.Link)
			got = append(got, fault.Field+": "+fault.Problem)
		}
		assert.Equal(t, c.want, got)
	}
}

// The default block is 1,000, or what a smaller range allows.
func TestSTANBlockByDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		digits, block int
		want          uint64
	}{{6, 0, 1_000}, {12, 0, 1_000}, {4, 0, 999}, {1, 0, 1}, {6, 7, 7}, {6, 99_999, 99_999}, {2, 9, 9}} {
		store := new(stanMemory)
		nextSTAN(t, newSTANs(t, messages.STANConfig{Digits: c.digits, Store: store, Block: c.block}))
		assert.Equal(t, c.want, store.next, c)
	}
}

func TestNewSTANsDoesNotAskTheStore(t *testing.T) {
	t.Parallel()
	newSTANs(t, messages.STANConfig{Store: stanFunc(func(uint64) (uint64, error) {
		t.Error("asked")
		return 0, errors.New("asked")
	})})
}
